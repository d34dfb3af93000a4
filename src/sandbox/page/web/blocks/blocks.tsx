import { useId } from 'react';
import type { BlockJson } from '../../../emulator/personApi.ts';
import type { Json } from '../json.ts';
import { object, objects, string, wordsOf } from '../json.ts';
import { Link } from '../text/inlineText.tsx';
import { Markdown } from '../text/markdownText.tsx';
import { PlainText, TextObject } from '../text/textObject.tsx';
import { Element } from './element.tsx';
import { useBlockHost } from './host.tsx';
import { Picture } from './picture.tsx';
import { RichText } from './richText.tsx';
import { Table } from './table.tsx';

/** Block Kit as React; stands inside a `BlockHostProvider`. */

function elementKey(element: Json, index: number): string {
  return string(element.action_id) || `${index}`;
}

function Section({ block }: { block: BlockJson }) {
  const fields = objects(block.fields);
  const accessory = object(block.accessory);
  const isWide = accessory?.type === 'checkboxes' || accessory?.type === 'radio_buttons';
  return (
    <div className={isWide ? 'section section-wide' : 'section'}>
      <div className="section-text prose">
        <TextObject value={block.text} />
        {fields.length > 0 && (
          <div className="fields">
            {fields.map((field, index) => (
              <div key={index}>
                <TextObject value={field} />
              </div>
            ))}
          </div>
        )}
      </div>
      {accessory !== null && (
        <div className="accessory">
          <Element blockId={string(block.block_id)} element={accessory} frame={null} />
        </div>
      )}
    </div>
  );
}

function Context({ block }: { block: BlockJson }) {
  return (
    <div className="context">
      {objects(block.elements).map((element, index) => (
        <span key={index} className="context-part">
          {element.type === 'image' ? <Picture image={element} isSmall /> : <TextObject value={element} />}
        </span>
      ))}
    </div>
  );
}

function Elements({ blockId, elements }: { blockId: string; elements: unknown }) {
  return (
    <div className="actions">
      {objects(elements).map((element, index) => (
        <Element key={elementKey(element, index)} blockId={blockId} element={element} frame={null} />
      ))}
    </div>
  );
}

function Input({ block }: { block: BlockJson }) {
  const { errors } = useBlockHost();
  const id = useId();
  const blockId = string(block.block_id);
  const error = errors[blockId];
  const hint = wordsOf(block.hint);
  const described = [...(error === undefined ? [] : [`${id}-error`]), ...(hint === '' ? [] : [`${id}-hint`])];
  const isOptional = block.optional === true;
  return (
    <div className={error === undefined ? 'input-block' : 'input-block is-invalid'} data-block={blockId}>
      <div className="input-label" id={`${id}-label`}>
        <PlainText text={wordsOf(block.label)} />
        {isOptional && <span className="optional"> (optional)</span>}
      </div>
      <Element
        blockId={blockId}
        element={object(block.element) ?? {}}
        frame={{
          labelId: `${id}-label`,
          describedBy: described.length === 0 ? undefined : described.join(' '),
          isInvalid: error !== undefined,
          isRequired: !isOptional,
          dispatches: block.dispatch_action === true,
        }}
      />
      {error !== undefined && (
        <div className="input-error" id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
      {hint !== '' && (
        <div className="input-hint" id={`${id}-hint`}>
          <PlainText text={hint} />
        </div>
      )}
    </div>
  );
}

function Card({ block }: { block: Json }) {
  const hero = object(block.hero_image);
  const icon = object(block.icon);
  return (
    <div className="card">
      {hero !== null && <Picture image={hero} />}
      <div className="card-text prose">
        {icon !== null && <Picture image={icon} isSmall />}
        {['title', 'subtitle', 'body', 'subtext'].map((part) => (
          <div key={part} className={`card-${part}`}>
            <TextObject value={block[part]} />
          </div>
        ))}
      </div>
      {Array.isArray(block.actions) && <Elements blockId={string(block.block_id)} elements={block.actions} />}
    </div>
  );
}

const taskStates: Readonly<Record<string, string>> = {
  pending: '○ Pending',
  in_progress: '▶ In progress',
  complete: '✓ Complete',
  error: '✗ Error',
};

function Task({ task }: { task: Json }) {
  const details = object(task.details);
  const output = object(task.output);
  return (
    <div className="task prose">
      <div>
        <strong>{wordsOf(task.title)}</strong> <small>{taskStates[string(task.status)]}</small>
      </div>
      {details !== null && <RichText block={details} />}
      {output !== null && <RichText block={output} />}
      {objects(task.sources).map((source) => (
        <Link key={string(source.url)} url={string(source.url)}>
          {string(source.text)}
        </Link>
      ))}
    </div>
  );
}

function Container({ block }: { block: BlockJson }) {
  const heading = object(block.rich_text_title);
  const title = heading === null ? wordsOf(block.title) : <RichText block={heading} />;
  const inside = <Blocks blocks={objects(block.child_blocks) as BlockJson[]} />;
  const subtitle = wordsOf(block.subtitle) !== '' && <small>{wordsOf(block.subtitle)}</small>;
  if (block.is_collapsible === true) {
    return (
      <details className="container" open={block.default_collapsed !== true}>
        <summary>
          <strong>{title}</strong> {subtitle}
        </summary>
        {inside}
      </details>
    );
  }
  return (
    <div className="container">
      <div>
        <strong>{title}</strong> {subtitle}
      </div>
      {inside}
    </div>
  );
}

function Block({ block }: { block: BlockJson }) {
  const blockId = string(block.block_id);
  switch (block.type) {
    case 'section':
      return <Section block={block} />;
    case 'header':
      return (
        <h3 className="header-block">
          <TextObject value={block.text} />
        </h3>
      );
    case 'divider':
      return <hr />;
    case 'context':
      return <Context block={block} />;
    case 'actions':
    case 'context_actions':
      return <Elements blockId={blockId} elements={block.elements} />;
    case 'input':
      return <Input block={block} />;
    case 'image':
      return (
        <figure>
          {wordsOf(block.title) !== '' && <figcaption>{wordsOf(block.title)}</figcaption>}
          <Picture image={block} />
        </figure>
      );
    case 'rich_text':
      return (
        <div className="prose">
          <RichText block={block} />
        </div>
      );
    case 'markdown':
      return (
        <div className="prose">
          <Markdown text={string(block.text)} />
        </div>
      );
    case 'table':
    case 'data_table':
      return <Table block={block} />;
    case 'card':
      return <Card block={block} />;
    case 'carousel':
      return (
        <div className="carousel">
          {objects(block.elements).map((card, index) => (
            <Card key={string(card.block_id) || `${index}`} block={card} />
          ))}
        </div>
      );
    case 'container':
      return <Container block={block} />;
    case 'task_card':
      return <Task task={block} />;
    case 'plan':
      return (
        <div className="container">
          <strong>{wordsOf(block.title)}</strong>
          {objects(block.tasks).map((task) => (
            <Task key={string(task.task_id)} task={task} />
          ))}
        </div>
      );
    case 'alert':
      return (
        <div className={`alert alert-${string(block.level) || 'default'} prose`} role="note">
          <TextObject value={block.text} />
        </div>
      );
    case 'video':
      return (
        <div className="prose">
          <Link url={string(block.title_url) || string(block.video_url)}>{wordsOf(block.title)}</Link>
        </div>
      );
    default:
      return <div className="not-shown">The sandbox page does not show “{block.type}” blocks.</div>;
  }
}

export function Blocks({ blocks }: { blocks: BlockJson[] }) {
  return (
    <div className="blocks">
      {blocks.map((block, index) => (
        <Block key={string(block.block_id) || `${index}`} block={block} />
      ))}
    </div>
  );
}
