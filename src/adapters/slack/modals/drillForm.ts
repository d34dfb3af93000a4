import type { InputBlock, ModalView } from '@slack/types';
import type { Definition } from '../../../core/playbook/definition.ts';
import { plain } from '../cards/blocks.ts';
import { form, type Origin, said } from './form.ts';

/** The form that starts a drill. */

export const firstFailsWish = 'first-fails';

/** Options of one list, and of one group of a list, as Slack takes them. */
const mostOptions = 100;

const name = 'drill';

export const drillFormId = `genesis.${name}`;

export const drillForm = (origin: Origin, definitions: readonly Definition[]): ModalView =>
  form(name, { title: 'DRILL', submit: 'Start Drill' }, origin, [
    said(
      'Walks a playbook in a channel of its own. Commands, files and readings are played by stand-ins: nothing reaches a host, nobody is paged, and you alone are invited.',
    ),
    {
      type: 'input',
      block_id: 'playbook',
      label: plain('Playbook', 200),
      element: { type: 'static_select', action_id: 'playbook', ...choices(definitions) },
    },
    firstFails,
  ]);

const firstFails: InputBlock = {
  type: 'input',
  block_id: 'wish',
  optional: true,
  label: plain('To practise more', 200),
  element: {
    type: 'checkboxes',
    action_id: 'wish',
    options: [{ text: plain('Let the first mitigation fail', 75), value: firstFailsWish }],
  },
};

/** One list where it fits, else a group for each hundred; either is searched by typing. */
function choices(definitions: readonly Definition[]) {
  const options = definitions
    .toSorted((a, b) => a.playbook.name.localeCompare(b.playbook.name))
    .map(({ playbook }) => ({
      text: plain(`${playbook.name} · ${playbook.title}`, 75),
      value: playbook.name,
    }));
  if (options.length <= mostOptions) return { options };
  const groups = Array.from({ length: Math.ceil(options.length / mostOptions) }, (_, index) =>
    options.slice(index * mostOptions, (index + 1) * mostOptions),
  );
  return {
    option_groups: groups.slice(0, mostOptions).map((group) => ({
      label: plain(`${group[0]?.value ?? ''} to ${group.at(-1)?.value ?? ''}`, 75),
      options: group,
    })),
  };
}
