import type { UserInfo } from './user.ts';

/** Reads `token,user,uid,"group,group"` lines, as --token-auth-file has them. Throws on a line that lacks one of the first three. */
export function parseTokenFile(text: string): Map<string, UserInfo> {
  const tokens = new Map<string, UserInfo>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [token = '', name = '', uid = '', groups = ''] = splitCsv(line);
    if (token === '' || name === '' || uid === '') throw new Error(`line ${i + 1} of the token file must have token, user and uid`);
    const own = groups
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    tokens.set(token, { name, uid, groups: [...own, 'system:authenticated'] });
  }
  return tokens;
}

function splitCsv(line: string): string[] {
  return [...line.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)]
    .slice(0, 4)
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.trim() ?? '');
}
