import type { PersonUser } from '../../../emulator/personApi.ts';

const hues = ['slate', 'clay', 'moss', 'plum', 'sea'] as const;

function hueOf(id: string): string {
  const hash = [...id].reduce((total, letter) => (total * 37 + letter.charCodeAt(0)) % 9_973, 7);
  return hues[hash % hues.length] ?? 'slate';
}

/** A person's initials, or the app's own mark. */
export function Avatar({ user, isSmall = false }: { user: PersonUser | undefined; isSmall?: boolean }) {
  const size = isSmall ? 'avatar avatar-small' : 'avatar';
  if (user?.isBot === true) return <span className={`${size} app-mark`} aria-hidden="true" />;
  const initials = (user?.realName ?? '?')
    .split(/[\s-]+/)
    .map((word) => word.slice(0, 1).toUpperCase())
    .slice(0, 2)
    .join('');
  return (
    <span className={`${size} hue-${hueOf(user?.id ?? '')}`} aria-hidden="true">
      {initials}
    </span>
  );
}
