import { isSigned, readHead } from '../adapters/auditHead/headFile.ts';
import { openSqliteReader, type Reader } from '../adapters/sqlite/reader.ts';

/**
 * `genesis audit verify`: walks the chain, then compares it with the signed head that was kept outside the database.
 * Answers 0 where nothing was changed, 1 with one line a finding.
 */
export async function auditVerify(
  options: { database: string; key: string | null; headFile: string | null },
  print: (line: string) => void,
): Promise<number> {
  const reader = openSqliteReader(options.database);
  try {
    const audit = reader.audit();
    const problems = audit.findings.map(({ position, message }) => `event ${position}: ${message}`);
    const against = await checkHead(options, audit, problems);
    for (const problem of problems) print(problem);
    print(
      problems.length === 0
        ? `${audit.position} events, the chain holds${against}`
        : `${problems.length} problem${problems.length === 1 ? '' : 's'} in ${audit.position} events`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    reader.close();
  }
}

async function checkHead(
  { key, headFile }: { key: string | null; headFile: string | null },
  audit: ReturnType<Reader['audit']>,
  problems: string[],
): Promise<string> {
  if (key === null || headFile === null) {
    return '. It was not compared with a signed head (GENESIS_KEY, AUDIT_HEAD_FILE), so a log rewritten as a whole would not be seen';
  }
  try {
    const head = await readHead(headFile);
    if (!isSigned(key, head)) problems.push(`${headFile}: the signature is not from this GENESIS_KEY`);
    else if (head.position > audit.position) {
      problems.push(
        `the log ends at event ${audit.position}, but the head of ${head.at} stood at ${head.position}: events were cut off`,
      );
    } else if (head.position > 0 && audit.hashAt(head.position) !== head.hash) {
      problems.push(
        `event ${head.position} is not the one that the head of ${head.at} signed: the log was rewritten`,
      );
    }
    return ` and agrees with the head signed at ${head.at}`;
  } catch (error) {
    problems.push(`${headFile}: ${error instanceof Error ? error.message : String(error)}`);
    return '';
  }
}
