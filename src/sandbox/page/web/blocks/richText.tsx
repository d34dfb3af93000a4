import type { Json } from '../json.ts';
import { object, objects, string } from '../json.ts';
import { ChannelMention, Emoji, GroupMention, Link, SlackDate, UserMention } from '../text/inlineText.tsx';

/** `rich_text` blocks: text whose marks are data, so that nothing in it has to be parsed. */

function styled(content: React.ReactNode, style: Json | null): React.ReactNode {
  if (style === null) return content;
  let shown = content;
  if (style.code === true) shown = <code>{shown}</code>;
  if (style.bold === true) shown = <strong>{shown}</strong>;
  if (style.italic === true) shown = <em>{shown}</em>;
  if (style.strike === true) shown = <s>{shown}</s>;
  if (style.underline === true) shown = <u>{shown}</u>;
  return shown;
}

function content(part: Json): React.ReactNode {
  switch (part.type) {
    case 'text':
      return string(part.text);
    case 'link':
      return <Link url={string(part.url)}>{string(part.text) || string(part.url)}</Link>;
    case 'user':
      return <UserMention id={string(part.user_id)} />;
    case 'usergroup':
      return <GroupMention id={string(part.usergroup_id)} />;
    case 'channel':
      return <ChannelMention id={string(part.channel_id)} />;
    case 'broadcast':
      return <span className="mention mention-me">@{string(part.range)}</span>;
    case 'emoji':
      return <Emoji name={string(part.name)} />;
    case 'date':
      return (
        <SlackDate
          at={Number(part.timestamp) * 1000}
          format={string(part.format)}
          url={string(part.url)}
          fallback={string(part.fallback)}
        />
      );
    case 'color':
      return string(part.value);
    default:
      return string(part.text);
  }
}

function Line({ parts }: { parts: Json[] }) {
  return parts.map((part, index) => <span key={index}>{styled(content(part), object(part.style))}</span>);
}

function Piece({ piece }: { piece: Json }) {
  const parts = objects(piece.elements);
  switch (piece.type) {
    case 'rich_text_preformatted':
      return (
        <pre>
          <Line parts={parts} />
        </pre>
      );
    case 'rich_text_quote':
      return (
        <blockquote>
          <Line parts={parts} />
        </blockquote>
      );
    case 'rich_text_list': {
      const items = parts.map((item, index) => (
        <li key={index}>{<Line parts={objects(item.elements)} />}</li>
      ));
      const className = `depth-${typeof piece.indent === 'number' ? piece.indent : 0}`;
      const start = typeof piece.offset === 'number' ? piece.offset + 1 : 1;
      return piece.style === 'ordered' ? (
        <ol className={className} start={start}>
          {items}
        </ol>
      ) : (
        <ul className={className}>{items}</ul>
      );
    }
    default:
      return (
        <div className="paragraph">
          <Line parts={parts} />
        </div>
      );
  }
}

export function RichText({ block }: { block: Json }) {
  return objects(block.elements).map((piece, index) => <Piece key={index} piece={piece} />);
}
