/** The words of `/genesis`, with what `help` says of each. */
export const words = {
  help: { usage: 'help [word]', says: 'What you can say, and about one word in full.' },
  declare: {
    usage: 'declare [P0-P4] [service] [what is wrong]',
    says: 'Opens an incident. Without words, a form asks.',
  },
  status: {
    usage: 'status [INC-n]',
    says: 'How an incident stands; outside an incident channel, all that are open.',
  },
  ack: { usage: 'ack [INC-n]', says: 'You take the incident.' },
  severity: {
    usage: 'severity [INC-n] [P0-P4] [why]',
    says: 'Changes the severity. Without one, a form asks.',
  },
  role: {
    usage: 'role [INC-n] [commander|communications|scribe] [@person]',
    says: 'Gives a role to a person. Without both, a form asks.',
  },
  update: {
    usage: 'update [INC-n] [how it stands]',
    says: 'Posts a status update. Without words, a form asks.',
  },
  resolve: {
    usage: 'resolve [INC-n] [what ended it]',
    says: 'Resolves the incident. Without words, a form asks.',
  },
  playbook: {
    usage: 'playbook list | show <name> | run <name> [reason]',
    says: 'Lists the playbooks, shows what one does, or starts one: in an incident channel as part of the incident.',
  },
  rollback: {
    usage: 'rollback [INC-n] [service] [reason]',
    says: 'Shows what was changed and is still in effect, what taking it back would run, and the rollback procedure of the service; starts what you choose. An incident channel knows its service.',
  },
} as const;

export type Word = keyof typeof words;

export const isWord = (text: string): text is Word => Object.hasOwn(words, text);

export const allWords = Object.keys(words) as readonly Word[];
