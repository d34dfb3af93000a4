import { Link } from './inlineText.tsx';
import type { ListItem, MarkdownBlock, Span } from './markdown.ts';
import { parseMarkdown } from './markdown.ts';

function Spans({ spans }: { spans: Span[] }): React.ReactNode {
  return spans.map((span, index) => {
    const key = `${index}-${span.kind}`;
    switch (span.kind) {
      case 'text':
        return <span key={key}>{span.text}</span>;
      case 'bold':
        return (
          <strong key={key}>
            <Spans spans={span.spans} />
          </strong>
        );
      case 'italic':
        return (
          <em key={key}>
            <Spans spans={span.spans} />
          </em>
        );
      case 'strike':
        return (
          <s key={key}>
            <Spans spans={span.spans} />
          </s>
        );
      case 'code':
        return <code key={key}>{span.text}</code>;
      case 'link':
        return (
          <Link key={key} url={span.url}>
            <Spans spans={span.spans} />
          </Link>
        );
      default: {
        const never: never = span;
        return never;
      }
    }
  });
}

function Item({ item }: { item: ListItem }) {
  const className = `depth-${item.depth}${item.isDone === null ? '' : ' task-item'}`;
  return (
    <li className={className}>
      {item.isDone !== null && (
        <input
          type="checkbox"
          checked={item.isDone}
          readOnly
          disabled
          aria-label={item.isDone ? 'Done' : 'To do'}
        />
      )}
      <Spans spans={item.spans} />
    </li>
  );
}

function Block({ block }: { block: MarkdownBlock }) {
  switch (block.kind) {
    case 'heading': {
      const Heading = block.level === 1 ? 'h3' : block.level === 2 ? 'h4' : 'h5';
      return (
        <Heading>
          <Spans spans={block.spans} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <div className="paragraph">
          <Spans spans={block.spans} />
        </div>
      );
    case 'quote':
      return (
        <blockquote>
          <Spans spans={block.spans} />
        </blockquote>
      );
    case 'code':
      return <pre>{block.text}</pre>;
    case 'rule':
      return <hr />;
    case 'list': {
      const items = block.items.map((item, index) => <Item key={index} item={item} />);
      return block.isOrdered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return (
        <div className="table-scroll">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, index) => (
                  <th key={index} scope="col">
                    <Spans spans={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column}>
                      <Spans spans={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default: {
      const never: never = block;
      return never;
    }
  }
}

export function Markdown({ text }: { text: string }) {
  return parseMarkdown(text).map((block, index) => <Block key={index} block={block} />);
}
