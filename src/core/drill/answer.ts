import type { ValueType } from '../playbook/valueType.ts';

/** An answer of the kind that is asked for: the example that the playbook gives, else the least that would do. */
export function practised(type: ValueType, example?: string): string {
  if (example !== undefined) return example;
  switch (type.kind) {
    case 'integer':
    case 'number':
      return String(Math.ceil(type.min ?? Math.min(1, type.max ?? 1)));
    case 'duration':
      return `${Math.ceil((type.min ?? Math.min(60_000, type.max ?? 60_000)) / 1_000)}s`;
    case 'options':
      return type.options[0] ?? '';
    case 'text':
      return 'Answered in a drill.';
    default: {
      const never: never = type;
      return never;
    }
  }
}
