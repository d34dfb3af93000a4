import { useId, useState } from 'react';
import type { ElementInput, SuggestedOption } from '../../../emulator/personApi.ts';
import type { Json } from '../json.ts';
import { object, objects, string, wordsOf } from '../json.ts';
import { useSession } from '../session.ts';
import { TextObject } from '../text/textObject.tsx';
import type { ElementProps } from './elementField.ts';
import { useElementField } from './elementField.ts';
import type { ChoiceGroup } from './elementValue.ts';
import { choiceGroupsOf, choicesOf, several, single } from './elementValue.ts';
import { targetOf, useBlockHost } from './host.tsx';

/** Menus, radio buttons and checkboxes. The browser's own controls: they are known to fingers and screen readers. */

function useChoiceGroups(element: Json): ChoiceGroup[] {
  const { state } = useSession();
  const type = string(element.type).replace(/^multi_/, '');
  const named = (values: { id: string; label: string }[]): ChoiceGroup[] => [
    {
      label: '',
      choices: values.map(({ id, label }) => ({ value: id, label, text: null, description: null })),
    },
  ];
  const channels = state.channels
    .filter(({ kind }) => kind === 'public' || kind === 'private')
    .map(({ id, name }) => ({ id, label: `#${name}` }));
  const users = state.users.map(({ id, realName }) => ({ id, label: realName }));
  switch (type) {
    case 'users_select':
      return named(users);
    case 'channels_select':
      return named(channels);
    case 'conversations_select':
      return named([
        ...channels,
        ...state.channels.filter(({ kind }) => kind === 'im').map(({ id, name }) => ({ id, label: name })),
      ]);
    default:
      return choiceGroupsOf(element);
  }
}

export function Select(props: ElementProps) {
  const { element, frame } = props;
  const field = useElementField(props);
  const groups = useChoiceGroups(element);
  const chosen = single(field.input);
  const options = ({ label, choices }: ChoiceGroup) => {
    const all = choices.map((choice, index) => (
      <option key={`${index}-${choice.value}`} value={choice.value}>
        {choice.label}
        {wordsOf(choice.description) === '' ? '' : ` — ${wordsOf(choice.description)}`}
      </option>
    ));
    return label === '' ? (
      all
    ) : (
      <optgroup key={label} label={label}>
        {all}
      </optgroup>
    );
  };
  return (
    <select
      {...field.attributes}
      className={chosen === '' ? 'select is-empty' : 'select'}
      data-action={string(element.action_id)}
      value={chosen}
      aria-busy={field.isBusy}
      onChange={({ target }) => field.choose(target.value === '' ? null : target.value)}
    >
      <option value="" disabled={frame === null || frame.isRequired}>
        {wordsOf(element.placeholder) || 'Choose one'}
      </option>
      {groups.map(options)}
    </select>
  );
}

export function MultiSelect(props: ElementProps) {
  const { element } = props;
  const field = useElementField(props);
  const groups = useChoiceGroups(element);
  const chosen = several(field.input);
  const most =
    typeof element.max_selected_items === 'number' ? element.max_selected_items : Number.POSITIVE_INFINITY;
  return (
    <fieldset className="multi-select" {...field.attributes}>
      {groups.flatMap(({ label, choices }) => [
        ...(label === ''
          ? []
          : [
              <div key={label} className="multi-select-group">
                {label}
              </div>,
            ]),
        ...choices.map((choice, index) => {
          const isChosen = chosen.includes(choice.value);
          return (
            <label key={`${index}-${choice.value}`} className="choice">
              <input
                type="checkbox"
                checked={isChosen}
                disabled={!isChosen && chosen.length >= most}
                onChange={() =>
                  field.choose(
                    isChosen ? chosen.filter((value) => value !== choice.value) : [...chosen, choice.value],
                  )
                }
              />
              <span>{choice.label}</span>
            </label>
          );
        }),
      ])}
    </fieldset>
  );
}

export function Checks(props: ElementProps) {
  const { element } = props;
  const field = useElementField(props);
  const name = useId();
  const isSingle = element.type === 'radio_buttons';
  const chosen = several(field.input);
  const toggled = (value: string): ElementInput => {
    if (isSingle) return value;
    return chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
  };
  return (
    <fieldset
      className="choices"
      role={isSingle ? 'radiogroup' : 'group'}
      data-action={string(element.action_id)}
      {...field.attributes}
    >
      {choicesOf(element.options).map(({ value, text, description }, index) => (
        <label key={`${index}-${value}`} className="choice">
          <input
            type={isSingle ? 'radio' : 'checkbox'}
            name={name}
            value={value}
            checked={chosen.includes(value)}
            onChange={() => field.choose(toggled(value))}
          />
          <span className="prose">
            <TextObject value={text} />
            {object(description) !== null && (
              <small>
                <TextObject value={description} />
              </small>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A menu whose options the app makes up from what is typed. */
export function Suggestions(props: ElementProps) {
  const { element, blockId } = props;
  const field = useElementField(props);
  const host = useBlockHost();
  const { act, notify } = useSession();
  const isMulti = element.type === 'multi_external_select';
  const [query, setQuery] = useState('');
  const [options, setOptions] = useState<SuggestedOption[]>([]);
  const [labels, setLabels] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(
      [...objects(element.initial_options), ...objects([element.initial_option])].map(({ value, text }) => [
        string(value),
        wordsOf(text),
      ]),
    ),
  );
  const chosen = several(field.input);
  const least = typeof element.min_query_length === 'number' ? element.min_query_length : 3;

  async function search(text: string): Promise<void> {
    setQuery(text);
    if (text.length < least) return setOptions([]);
    const reply = await act('suggest', { at: host.place, ...targetOf(blockId, element), query: text });
    if (reply.ok) setOptions(reply.options ?? []);
    else notify(reply.message);
  }

  const choose = ({ value, text }: SuggestedOption) => {
    setLabels({ ...labels, [value]: text });
    setQuery('');
    setOptions([]);
    field.choose(isMulti ? [...new Set([...chosen, value])] : value);
  };

  return (
    <div className="suggestions">
      {chosen.map((value) => (
        <span key={value} className="token">
          {labels[value] ?? value}
          <button
            type="button"
            aria-label={`Remove ${labels[value] ?? value}`}
            onClick={() => field.choose(isMulti ? chosen.filter((each) => each !== value) : null)}
          >
            ×
          </button>
        </span>
      ))}
      <input
        {...field.attributes}
        className="text-input"
        type="search"
        autoComplete="off"
        placeholder={wordsOf(element.placeholder) || 'Type to search'}
        value={query}
        onChange={({ target }) => void search(target.value)}
      />
      {options.length > 0 && (
        <div className="suggested">
          {options.map((option) => (
            <button key={option.value} type="button" onClick={() => choose(option)}>
              {option.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
