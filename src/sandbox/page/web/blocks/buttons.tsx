import { useEffect, useId, useRef, useState } from 'react';
import type { Json } from '../json.ts';
import { object, string, wordsOf } from '../json.ts';
import { useSession } from '../session.ts';
import { innerLink, reachableUrl, useFollow } from '../text/inlineText.tsx';
import { TextObject } from '../text/textObject.tsx';
import type { ElementProps } from './elementField.ts';
import { choicesOf } from './elementValue.ts';
import { keyOf, targetOf, useBlockHost } from './host.tsx';

const styles: Readonly<Record<string, string>> = {
  primary: 'button button-primary',
  danger: 'button button-danger',
};

export function Button({ blockId, element }: ElementProps) {
  const host = useBlockHost();
  const target = targetOf(blockId, element);
  const isBusy = host.busy === keyOf(target);
  const label = string(element.accessibility_label);
  const { state } = useSession();
  const follow = useFollow();
  const inner = innerLink(string(element.url), state);
  const url = string(element.url) === '' || inner !== null ? null : reachableUrl(string(element.url));
  const attributes = {
    className: styles[string(element.style)] ?? 'button',
    'data-action': target.actionId,
    ...(label === '' ? {} : { 'aria-label': label }),
  };
  if (url !== null) {
    return (
      <a
        {...attributes}
        href={url}
        target="_blank"
        rel="noreferrer"
        onClick={() => host.click(target, element)}
      >
        <TextObject value={element.text} />
      </a>
    );
  }
  return (
    <button
      {...attributes}
      type="button"
      aria-busy={isBusy}
      // Not disabled, which would take the focus away; a second click has no meaning while the first is on its way.
      onClick={() => {
        if (isBusy) return;
        host.click(target, element);
        if (inner !== null) follow(inner);
      }}
    >
      <TextObject value={element.text} />
    </button>
  );
}

export function IconButton({ blockId, element }: ElementProps) {
  const host = useBlockHost();
  return (
    <button
      type="button"
      className="button button-small"
      onClick={() => host.click(targetOf(blockId, element), element)}
    >
      {wordsOf(element.text)}
    </button>
  );
}

export function FeedbackButtons({ blockId, element }: ElementProps) {
  const host = useBlockHost();
  return ['positive_button', 'negative_button'].map((name) => {
    const part = object(element[name]);
    if (part === null) return null;
    return (
      <button
        key={name}
        type="button"
        className="button button-small"
        onClick={() => host.click(targetOf(blockId, element), element, string(part.value))}
      >
        {wordsOf(part.text)}
      </button>
    );
  });
}

function moveFocus(menu: HTMLElement, by: number | 'first' | 'last'): void {
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const now = items.indexOf(document.activeElement as HTMLElement);
  const next =
    by === 'first' ? 0 : by === 'last' ? items.length - 1 : (now + by + items.length) % items.length;
  items[next]?.focus();
}

/** Distance of a menu from its opener and from the window's edge, in pixels. */
const gap = 4;

/** Below the opener where there is room, else above it; never beyond the window. */
function placeBeside(menu: HTMLElement, opener: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = opener.bottom + gap;
  const fitsBelow = below + height <= innerHeight - gap;
  menu.style.top = `${Math.max(gap, fitsBelow ? below : opener.top - gap - height)}px`;
  menu.style.left = `${Math.max(gap, Math.min(opener.left, innerWidth - gap - width))}px`;
}

export interface MenuItem {
  key: string;
  content: React.ReactNode;
  onChoose: () => void;
}

/** A button that opens a short list; arrow keys move in it, Escape and a click elsewhere close it. */
export function MenuButton({
  label,
  className,
  items,
  children,
}: {
  label: string;
  className: string;
  items: MenuItem[];
  children: React.ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return undefined;
    if (menu.current !== null && opener.current !== null) {
      menu.current.showPopover();
      placeBeside(menu.current, opener.current.getBoundingClientRect());
      moveFocus(menu.current, 'first');
    }
    const closeOutside = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const steer = (event: React.KeyboardEvent) => {
    const moves: Readonly<Record<string, number | 'first' | 'last'>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      Home: 'first',
      End: 'last',
    };
    const move = moves[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.stopPropagation();
      if (event.key === 'Escape') event.preventDefault();
      close();
    } else if (move !== undefined && menu.current !== null) {
      event.preventDefault();
      moveFocus(menu.current, move);
    }
  };
  return (
    <div className="menu-root" ref={root}>
      <button
        ref={opener}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div
          ref={menu}
          id={id}
          // In the top layer, where no scrolling conversation clips it.
          popover="manual"
          className="menu"
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={steer}
        >
          {items.map(({ key, content, onChoose }) => (
            <button
              key={key}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => {
                close();
                onChoose();
              }}
            >
              {content}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function overflowItem(element: Json, choose: (value: string, option: Json) => void): MenuItem[] {
  const options = Array.isArray(element.options) ? element.options : [];
  return choicesOf(options).map(({ value, text, description }, index) => ({
    key: `${index}-${value}`,
    content: (
      <>
        <TextObject value={text} />
        {object(description) !== null && (
          <small>
            <TextObject value={description} />
          </small>
        )}
      </>
    ),
    onChoose: () => choose(value, object(options[index]) ?? {}),
  }));
}

export function Overflow({ blockId, element }: ElementProps) {
  const host = useBlockHost();
  const { state } = useSession();
  const follow = useFollow();
  const items = overflowItem(element, (value, option) => {
    const inner = innerLink(string(option.url), state);
    const url = string(option.url) === '' || inner !== null ? null : reachableUrl(string(option.url));
    if (url !== null) window.open(url, '_blank', 'noreferrer');
    host.click(targetOf(blockId, element), element, value);
    if (inner !== null) follow(inner);
  });
  return (
    <MenuButton label="More actions" className="button button-more" items={items}>
      <span aria-hidden="true">•••</span>
    </MenuButton>
  );
}
