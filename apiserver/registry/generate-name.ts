/** Letters of generated names: no vowels, so no words. Source: apimachinery util/rand alphanums. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX = 5;
const MAX_LENGTH = 63;

/** A name that begins with `base` and ends with five random letters. Source: apiserver storage/names SimpleNameGenerator. */
export function generateName(base: string, random: () => number): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX; i++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return base.slice(0, MAX_LENGTH - SUFFIX) + suffix;
}
