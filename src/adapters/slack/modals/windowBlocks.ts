import type { KnownBlock } from '@slack/types';
import { bothZones, type Gate, openingText } from '../../../core/calendar/gate.ts';
import { againstLines } from '../cards/freeze.ts';
import { spoken } from '../escape.ts';
import { said, textInput } from './form.ts';

/** How what is about to be started stands to its windows, and the reason for going past them where it has to. */
export function windowBlocks(gate: Gate, zone: string): KnownBlock[] {
  if (gate.kind === 'open')
    return gate.until === null
      ? []
      : [said(`Planned changes may start until ${spoken(bothZones(zone, gate.until), [])}.`)];
  return [
    said(
      [
        '*It may not start now:*',
        ...againstLines(gate.blockers),
        spoken(openingText(gate, zone), []),
        'To go past this, say why; a second person with the right `override` decides.',
      ].join('\n'),
    ),
    textInput('override', 'Why it cannot wait', { multiline: true, max: 1_000 }),
  ];
}
