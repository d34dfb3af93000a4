import { production } from '../access/access.ts';
import { compileActions } from './compileActions.ts';
import { compileIndicators } from './compileIndicators.ts';
import { unknownName } from './nearest.ts';
import { readSource } from './readSource.ts';
import { namedIn, type Reporter, type RoomFile } from './reporting.ts';
import type { Compiling, ServiceBook } from './serviceBook.ts';
import { serviceSource } from './source.ts';

export function compileService(
  file: RoomFile,
  report: Reporter,
  compiling: Compiling,
): ServiceBook | undefined {
  const read = readSource(serviceSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    const name = namedIn(file.value, 'service');
    return name === undefined
      ? undefined
      : { name, whole: false, environment: production, indicators: new Map(), actions: new Map(), links: {} };
  }
  const source = read.value;
  if (source.host !== undefined && compiling.hosts && !compiling.hosts.has(source.host))
    report.error(['host'], unknownName('host', source.host, [...compiling.hosts.keys()]));
  const indicators = compileIndicators(source, report, compiling.pace);
  const actions = compileActions({ source, indicators, report, compiling });
  return {
    name: source.service,
    whole: true,
    environment: source.environment ?? production,
    indicators,
    actions,
    links: source.links ?? {},
  };
}
