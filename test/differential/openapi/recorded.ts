import { readFileSync, writeFileSync } from 'node:fs'

/** What a real server said of itself. Anew: `FLOTILLA_RECORD=1 node tools/test.mjs --real differential/real-openapi`. */
export interface OpenApiRecording {
  readonly version: string
  readonly documents: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly answers: Readonly<Record<string, unknown>>
}

const file = 'test/differential/recordings/openapi.json'

export function readOpenApiRecording(): OpenApiRecording {
  return JSON.parse(readFileSync(file, 'utf8')) as OpenApiRecording
}

export function writeOpenApiRecording({ version, documents, answers }: OpenApiRecording): void {
  const lines = (of: object) =>
    Object.entries(of)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(',\n')
  writeFileSync(file, `{"version":"${version}","documents":{\n${lines(documents)}\n},"answers":{\n${lines(answers)}\n}}\n`)
}
