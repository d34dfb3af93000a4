import type { Json } from '../json.ts';
import { object, objects, string } from '../json.ts';
import { RichText } from './richText.tsx';

function cellContent(cell: Json): React.ReactNode {
  return cell.type === 'rich_text' ? <RichText block={cell} /> : string(cell.text);
}

const alignments: Readonly<Record<string, string>> = { center: 'align-center', right: 'align-right' };

/** `table` and `data_table`: the first row is the head. */
export function Table({ block }: { block: Json }) {
  const rows = Array.isArray(block.rows) ? block.rows.map(objects) : [];
  const [head = [], ...body] = rows;
  const settings = Array.isArray(block.column_settings) ? block.column_settings.map(object) : [];
  const classOf = (column: number, cell: Json) =>
    alignments[string(settings[column]?.align)] ?? (cell.type === 'raw_number' ? 'align-right' : undefined);
  return (
    <div className="table-scroll">
      <table>
        {string(block.caption) !== '' && <caption>{string(block.caption)}</caption>}
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" className={classOf(column, cell)}>
                {cellContent(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} className={classOf(column, cell)}>
                  {cellContent(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
