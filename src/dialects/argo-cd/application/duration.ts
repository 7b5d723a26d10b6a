const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `5s`, `3m`, `1h30m`, `500ms`; a bare number counts seconds, as upstream. Undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (text === '' || !/^(\d{1,9}(\.\d{1,3})?(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, number, , unit] of text.matchAll(/(\d{1,9}(\.\d{1,3})?)(ms|s|m|h|d)/g)) total += Number(number) * unitsMs[unit!]!
  return total
}
