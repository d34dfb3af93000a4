import { object, string, wordsOf } from '../json.ts';
import { useSession } from '../session.ts';
import { fromWallClock, wallClock } from '../text/slackDate.ts';
import type { ElementProps } from './elementField.ts';
import { useElementField } from './elementField.ts';
import { single } from './elementValue.ts';

/** Fields for typing, and for dates and times. */

function dispatchTriggers(element: ElementProps['element']): unknown[] {
  const triggers = object(element.dispatch_action_config)?.trigger_actions_on;
  return Array.isArray(triggers) ? triggers : ['on_enter_pressed'];
}

const inputTypes: Readonly<Record<string, string>> = {
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'text',
};

export function TextField(props: ElementProps) {
  const { element, frame } = props;
  const field = useElementField(props);
  const value = single(field.input);
  const triggers = dispatchTriggers(element);
  const change = (text: string) => {
    const next = text === '' ? null : text;
    if (frame?.dispatches === true && triggers.includes('on_character_entered')) field.choose(next);
    else field.put(next);
  };
  const attributes = {
    ...field.attributes,
    className: 'text-input',
    'data-action': string(element.action_id),
    placeholder: wordsOf(element.placeholder),
    value,
    onChange: ({ target }: { target: { value: string } }) => change(target.value),
  };
  if (element.multiline === true || element.type === 'rich_text_input') {
    return <textarea {...attributes} rows={4} />;
  }
  return (
    <input
      {...attributes}
      type={inputTypes[string(element.type)] ?? 'text'}
      inputMode={element.type === 'number_input' ? 'decimal' : undefined}
      autoComplete="off"
      onKeyDown={(event) => {
        if (event.key === 'Enter' && frame?.dispatches === true && triggers.includes('on_enter_pressed')) {
          event.preventDefault();
          field.dispatch();
        }
      }}
    />
  );
}

export function DateField(props: ElementProps) {
  const { element } = props;
  const field = useElementField(props);
  return (
    <input
      {...field.attributes}
      className="text-input date-input"
      data-action={string(element.action_id)}
      type={element.type === 'timepicker' ? 'time' : 'date'}
      value={single(field.input)}
      onChange={({ target }) => field.choose(target.value === '' ? null : target.value)}
    />
  );
}

export function MomentField(props: ElementProps) {
  const { state } = useSession();
  const zone = state.me.timeZone;
  const field = useElementField(props);
  const seconds = single(field.input);
  return (
    <span className="moment">
      <input
        {...field.attributes}
        className="text-input date-input"
        data-action={string(props.element.action_id)}
        type="datetime-local"
        value={seconds === '' ? '' : wallClock(Number(seconds), zone)}
        onChange={({ target }) => {
          const moment = fromWallClock(target.value, zone);
          field.choose(moment === null ? null : String(moment));
        }}
      />
      <small>{zone}</small>
    </span>
  );
}
