// Holds the tree against its own rules; prints what breaks them and exits 1 if anything does.
// - imports go only along the edges of tools/rooms.mjs (pure rooms import no Node module)
// - clock, chance and environment only at the edge
// - names, sizes and exports of files
// - the generated tsconfigs and the picture in docs/ARCHITECTURE.md are current
// Exceptions stand in tools/check/exceptions.json, which may only shrink.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { rooms } from '../rooms.mjs'

const problems = []
const exceptions = JSON.parse(readFileSync('tools/check/exceptions.json', 'utf8'))
const used = new Set()
function report(rule, path, message) {
  const key = `${rule} ${path}`
  if (exceptions.includes(key)) used.add(key)
  else problems.push(`${path}: ${message} [${rule}]`)
}

const files = []
function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'goldens' && entry.name !== 'node_modules') walk(path)
    } else files.push(path)
  }
}
for (const folder of ['src', 'test', 'bench', 'tools']) if (existsSync(folder)) walk(folder)

const byDepth = [...rooms].sort((a, b) => b.path.length - a.path.length)
const roomOf = (path) => byDepth.find((room) => path.startsWith(`${room.path}/`))
const edges = new Map()

for (const path of files) {
  const name = path.split('/').pop()
  if (/(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.[a-z]+$)/.test(path))
    report('name', path, 'is named for nothing in particular: name the idea')
  if (!/^[a-z0-9.-]+$/i.test(name) || /[A-Z]/.test(name.replace(/^README\.md$/, '')))
    report('name', path, 'file names are kebab-case')
  if (!path.endsWith('.ts') || path.endsWith('.d.ts')) continue
  const text = readFileSync(path, 'utf8')
  const generated = path.includes('.generated.')
  const lines = text.split('\n').length - 1
  if (lines > 600 && !generated) report('size', path, `has ${lines} lines, at most 600`)
  const test = path.endsWith('.test.ts') || !path.startsWith('src/')
  if (/^export default/m.test(text)) report('export', path, 'has a default export: name it')
  if (/@ts-(ignore|nocheck)|biome-ignore/.test(text)) report('silenced', path, 'silences a check')
  if (!generated && /\b(TODO|FIXME|XXX|HACK)\b/.test(text.replace(/'[^'\n]*'/g, '')))
    report('unfinished', path, 'leaves something open in a comment')
  if (test) continue
  const edge = path.startsWith('src/app/') || path.startsWith('src/cli/')
  if (!edge) {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
    for (const banned of [/\bDate\.now\(/, /\bnew Date\(\)/, /\bMath\.random\(/, /\bprocess\.env\b/, /\bconsole\./]) {
      if (banned.test(code))
        report('edge', path, `uses ${banned.source.replaceAll('\\b', '').replaceAll('\\', '')} outside the edge: pass a port`)
    }
  }
  const room = roomOf(path)
  if (!room) {
    report('room', path, 'is in no room of tools/rooms.mjs')
    continue
  }
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm,
  )) {
    const specifier = match[2] ?? match[3]
    if (!specifier.startsWith('.')) {
      if (room.pure && specifier.startsWith('node:')) report('pure', path, `imports ${specifier}, but its room is pure`)
      continue
    }
    const target = normalize(join(dirname(path), specifier))
    const other = roomOf(target)
    if (!other) {
      report('room', path, `imports ${target}, which is in no room`)
      continue
    }
    if (other === room) continue
    const allowed = room.uses === '*' ? other.layer <= room.layer && other.path !== 'src/cli' : room.uses.includes(other.path)
    if (!allowed)
      report('import', path, `may not import ${relative('.', target)}: ${room.path} does not use ${other.path} (tools/rooms.mjs)`)
    const key = `${room.path} ${other.path}`
    edges.set(key, (edges.get(key) ?? 0) + 1)
  }
}
for (const exception of exceptions)
  if (!used.has(exception)) problems.push(`tools/check/exceptions.json: "${exception}" is no longer needed: remove it`)

/** The picture of the layers, drawn from the table and the imports that were found. */
function drawLayers() {
  const out = ['```mermaid', 'flowchart BT']
  const id = (path) => path.replace('src/', '').replaceAll('/', '_').replaceAll('-', '_')
  const layers = [...new Set(rooms.map((room) => room.layer))]
  for (const layer of layers) {
    out.push(`  subgraph L${layer}["layer ${layer}"]`)
    for (const room of rooms.filter((each) => each.layer === layer))
      out.push(`    ${id(room.path)}["${room.path.replace('src/', '')}${room.pure ? ' (pure)' : ''}"]`)
    out.push('  end')
  }
  for (const key of [...edges.keys()].sort()) {
    const [from, to] = key.split(' ')
    const upper = rooms.find((room) => room.path === from)
    if (upper.uses !== '*') out.push(`  ${id(from)} --> ${id(to)}`)
  }
  out.push('```', '', '| layer | room | holds |', '|---|---|---|')
  for (const room of rooms) out.push(`| ${room.layer} | \`${room.path}/\` | ${room.about}${room.pure ? ' (pure)' : ''} |`)
  return out.join('\n')
}
const architecture = 'docs/ARCHITECTURE.md'
if (existsSync(architecture)) {
  const text = readFileSync(architecture, 'utf8')
  const drawn = text.replace(/<!-- layers -->[\s\S]*<!-- \/layers -->/, `<!-- layers -->\n${drawLayers()}\n<!-- /layers -->`)
  if (drawn !== text) {
    if (process.argv.includes('--write')) writeFileSync(architecture, drawn)
    else problems.push(`${architecture}: the picture of the layers is stale: run node tools/check/main.mjs --write`)
  }
}
try {
  execFileSync(process.execPath, ['tools/tsconfigs.mjs', '--check'], { stdio: ['ignore', 'ignore', 'inherit'] })
} catch {
  problems.push('tsconfig files are stale: run node tools/tsconfigs.mjs')
}

for (const problem of problems) console.error(problem)
console.log(`${files.length} files checked, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
