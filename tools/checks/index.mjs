// Writes the lists of checks: src/areas/analysis/checks/<topic>/index.generated.ts from the files beside it. `--check` fails when
// one is stale. With topics as arguments, only theirs: `node tools/checks/index.mjs network`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = 'src/areas/analysis/checks'
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const camel = (id) => id.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())
for (const entry of readdirSync(root, { withFileTypes: true })) {
  if (!entry.isDirectory() || (wanted.length > 0 && !wanted.includes(entry.name))) continue
  const folder = join(root, entry.name)
  const ids = readdirSync(folder)
    .filter((name) => /^[a-z0-9-]+\.ts$/.test(name))
    .map((name) => name.slice(0, -3))
    .filter((id) => /defineCheck\(\{/.test(readFileSync(join(folder, `${id}.ts`), 'utf8')))
    .sort()
  const text = [
    '// Written by tools/checks/index.mjs.',
    "import type { Check } from '../../contract.js'",
    ...ids.map((id) => `import { ${camel(id)} } from './${id}.js'`),
    '',
    `export const ${entry.name}Checks: readonly Check[] = [${ids.map(camel).join(', ')}]`,
    '',
  ].join('\n')
  const path = join(folder, 'index.generated.ts')
  if (process.argv.includes('--check')) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is stale: run node tools/checks/index.mjs ${entry.name}`)
      process.exitCode = 1
    }
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}
