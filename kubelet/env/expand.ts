/**
 * Replaces `$(NAME)` with what `lookup` knows; an unknown reference stays as it is, `$$` is one `$`.
 * Source: kubernetes third_party/forked/golang/expansion Expand.
 */
export function expand(input: string, lookup: (name: string) => string | undefined): string {
  let out = '';
  let at = 0;
  while (at < input.length) {
    const dollar = input.indexOf('$', at);
    if (dollar < 0 || dollar + 1 >= input.length) break;
    out += input.slice(at, dollar);
    const next = input.charAt(dollar + 1);
    const close = next === '(' ? input.indexOf(')', dollar + 2) : -1;
    if (close >= 0) {
      const name = input.slice(dollar + 2, close);
      out += lookup(name) ?? `$(${name})`;
      at = close + 1;
    } else {
      out += next === '$' ? '$' : `$${next}`;
      at = dollar + 2;
    }
  }
  return out + input.slice(at);
}
