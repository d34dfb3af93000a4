import type { ElementInput } from '../../../emulator/personApi.ts';
import type { Json } from '../json.ts';
import { wordsOf } from '../json.ts';
import { initialInput } from './elementValue.ts';
import { targetOf, useBlockHost } from './host.tsx';

/** How an element is tied to the input block around it; null in messages' rows of buttons and menus. */
export interface FieldFrame {
  labelId: string;
  /** Of hint and error. */
  describedBy: string | undefined;
  isInvalid: boolean;
  isRequired: boolean;
  /** Whether the app wants to hear of each change. */
  dispatches: boolean;
}

export interface ElementProps {
  blockId: string;
  element: Json;
  frame: FieldFrame | null;
}

interface ElementField {
  input: ElementInput;
  isBusy: boolean;
  /** For choices, which the app hears of at once unless they are part of a form. */
  choose: (input: ElementInput) => void;
  /** For typing, which the app hears of later or not at all. */
  put: (input: ElementInput) => void;
  /** Tells the app what stands there now. */
  dispatch: () => void;
  /** For the control itself. */
  attributes: {
    'aria-labelledby'?: string;
    'aria-label'?: string;
    'aria-describedby'?: string;
    'aria-invalid'?: true;
    'aria-required'?: true;
  };
}

export function useElementField({ blockId, element, frame }: ElementProps): ElementField {
  const host = useBlockHost();
  const target = targetOf(blockId, element);
  const given = host.inputs[target.blockId]?.[target.actionId];
  const input = given === undefined ? initialInput(element) : given;
  const label = wordsOf(element.accessibility_label) || wordsOf(element.placeholder);
  return {
    input,
    isBusy: host.busy === `${target.blockId}/${target.actionId}`,
    choose(next) {
      if (frame !== null) host.put(target, next);
      if (frame === null || frame.dispatches) host.click(target, element, next);
    },
    put: (next) => host.put(target, next),
    dispatch() {
      if (frame === null || frame.dispatches) host.click(target, element, input);
    },
    attributes: {
      ...(frame === null
        ? { 'aria-label': label === '' ? 'Choose' : label }
        : { 'aria-labelledby': frame.labelId }),
      ...(frame?.describedBy === undefined ? {} : { 'aria-describedby': frame.describedBy }),
      ...(frame?.isInvalid === true ? { 'aria-invalid': true } : {}),
      ...(frame?.isRequired === true ? { 'aria-required': true } : {}),
    },
  };
}
