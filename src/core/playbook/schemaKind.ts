/** Files of a room that editors are helped with. Apart from the schemas themselves, which take a tenth of a second to build. */
export const schemaKinds = [
  ...(['service', 'alert', 'procedure', 'hosts', 'routing', 'access', 'roster', 'escalation'] as const),
  'calendar',
  'test',
] as const;
export type SchemaKind = (typeof schemaKinds)[number];
