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
  silence: {
    usage: 'silence [INC-n] [30m | stop]',
    says: 'Keeps the alerts of an incident that somebody has from calling people while it is worked on, for at most that long; `stop` ends it. It ends by itself when nobody is active.',
  },
  resolve: {
    usage: 'resolve [INC-n] [what ended it]',
    says: 'Resolves the incident. Without words, a form asks.',
  },
  oncall: {
    usage: 'oncall',
    says: 'Who is on call for what, and which duties have nobody.',
  },
  page: {
    usage: 'page [INC-n] [duty] [why]',
    says: 'Calls a duty of the roster to the incident, by PagerDuty and in Slack. Without a duty, a form asks.',
  },
  playbook: {
    usage: 'playbook list | show <name> | run <name> [reason]',
    says: 'Lists the playbooks, shows what one does, or starts one: in an incident channel as part of the incident.',
  },
  drill: {
    usage: 'drill [playbook]',
    says: 'Practises a playbook in a channel of its own: stand-ins take the place of all that acts, reads or calls anybody. Without a name, a form asks.',
  },
  freeze: {
    usage: 'freeze <service|all> [until <time> | for 4h] <why> | list | lift <FRZ-n> [why]',
    says: 'Starts a time in which no planned change starts, on a service or on all; lists and lifts them. Mitigations and rollbacks are never held up. Without words, a form asks.',
  },
  window: {
    usage: 'window [service]',
    says: 'Whether planned changes may start now, what stands against it, and when they may next.',
  },
  preferences: {
    usage: 'preferences',
    says: 'Whether reminders reach you in the channel or by direct message, and your quiet hours. A form asks.',
  },
  watch: {
    usage: 'watch [WCH-n] | start <service> [48h] | stop <service|WCH-n> [why]',
    says: 'How the watches stand: who looks after which service after a deployment, and how soon what came was acknowledged. A form starts one; at its end a report follows in the channel.',
  },
  access: {
    usage: 'access <service/action | right | playbook> [@person]',
    says: 'Whether you, or that person, may do it in this place, which rule says so, and who else could.',
  },
  rollback: {
    usage: 'rollback [INC-n] [service] [reason]',
    says: 'Shows what was changed and is still in effect, what taking it back would run, and the rollback procedure of the service; starts what you choose. An incident channel knows its service.',
  },
} as const;

export type Word = keyof typeof words;

export const isWord = (text: string): text is Word => Object.hasOwn(words, text);

export const allWords = Object.keys(words) as readonly Word[];
