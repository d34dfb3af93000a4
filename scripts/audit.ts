import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { billOfMaterials } from './billOfMaterials.ts';

/**
 * Writes the bill of materials, and asks the registry for known weaknesses of what is published with Genesis. Ends with
 * 1 where one is high or critical. A registry that answers no such question is said aloud: it is no good news.
 */
const root = resolve(import.meta.dirname, '..');
const bill = billOfMaterials(root);
writeFileSync(join(root, 'sbom.cdx.json'), JSON.stringify(bill, null, 2));
console.log(`sbom.cdx.json lists ${bill.components.length} components.`);

const audit = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
const report = parsed(audit.stdout);
if (report?.metadata === undefined) {
  console.error('*** NOT AUDITED: the registry did not answer which dependencies have known weaknesses.');
  process.exit(0);
}
const { high = 0, critical = 0 } = report.metadata.vulnerabilities;
console.log(`${high} high and ${critical} critical weaknesses are known of the dependencies.`);
process.exit(high + critical > 0 ? 1 : 0);

type Report = { readonly metadata?: { readonly vulnerabilities: { high?: number; critical?: number } } };

function parsed(text: string): Report | null {
  try {
    return JSON.parse(text) as Report;
  } catch (error) {
    console.error(`npm audit answered no JSON: ${String(error)}`);
    return null;
  }
}
