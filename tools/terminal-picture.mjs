// Draws docs/images/fleet.svg: a terminal with what a running fleet really printed. Starts a fleet in a temporary directory,
// runs the commands below against it, and writes the picture. Needs kubectl on the PATH.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-picture-'))
const flotilla = (...args) => execFileSync(process.execPath, ['bin/flotilla.js', ...args], { encoding: 'utf8' })
const shown = []

/** Shows `title` with what `command` prints once that satisfies `wait`. */
function run(title, command, env, wait = () => true) {
  const end = Date.now() + 20_000
  for (;;) {
    const result = spawnSync('sh', ['-c', command], { encoding: 'utf8', env })
    if (result.status === 0 && wait(result.stdout)) {
      const lines = result.stdout.trimEnd().split('\n')
      shown.push(`$ ${title}`, ...lines.filter((line) => line !== ''), '')
      return
    }
    if (Date.now() > end) throw new Error(`$ ${command}\n${result.stdout}${result.stderr}`)
  }
}

try {
  const fleet = JSON.parse(flotilla('up', '--detach', '--data-dir', directory, '-o', 'json'))
  const env = { ...process.env, KUBECONFIG: fleet.kubeconfig, HOME: directory }
  // It would win over the authority that the fleet's gitconfig names.
  delete env.GIT_SSL_CAINFO
  const kubectl = (command, wait) => run(`kubectl ${command}`, `kubectl ${command}`, env, wait)
  const well = 'kubectl --context hub -n argocd get applications --no-headers'
  for (let before = -1, end = Date.now() + 20_000; Date.now() < end; ) {
    const lines = spawnSync('sh', ['-c', well], { encoding: 'utf8', env }).stdout.trimEnd().split('\n')
    const good = lines.filter((line) => /Synced +Healthy/.test(line)).length
    if (good > 10 && good === lines.length && good === before) break
    before = good
  }
  const node = `${process.execPath} bin/flotilla.js`
  // The last column is for what is wrong.
  run(
    'flotilla cluster list',
    `${node} cluster list --data-dir ${directory} | sed 's/ *MESSAGE//'`,
    env,
    (text) => (text.match(/Healthy/g) ?? []).length >= 4,
  )
  kubectl('--context hub -n argocd get applications | grep -v policies')
  const push = [
    `git clone -q -c include.path=${directory}/gitconfig ${fleet.git.url} ${directory}/work`,
    `cd ${directory}/work`,
    "sed -i 's/nginx:1.27/nginx:1.28/' apps/guestbook/base/deployment.yaml",
    "git -c user.name=You -c user.email=you@example.com commit -qam 'guestbook: nginx 1.28'",
    'git push -q',
  ]
  run(
    "sed -i 's/nginx:1.27/nginx:1.28/' apps/guestbook/base/deployment.yaml; git commit -qam 'nginx 1.28'; git push -q",
    push.join(' && '),
    env,
  )
  const settled = (text) => /2\/2 +2 +2 .*nginx:1\.28/.test(text)
  kubectl('--context us-east -n guestbook get deployments -o wide', settled)
  kubectl('--context eu-west -n guestbook get deployments -o wide', settled)
} finally {
  spawnSync(process.execPath, ['bin/flotilla.js', 'down', '--purge', '--data-dir', directory])
  rmSync(directory, { recursive: true, force: true })
}
while (shown.at(-1) === '') shown.pop()

const colours = { text: '#c9d1d9', dim: '#8b949e', good: '#3fb950', prompt: '#58a6ff', command: '#f0f6fc', changed: '#e3b341' }
const characterWidth = 8.43
const lineHeight = 19
const top = 58
const width = Math.ceil(Math.max(...shown.map((line) => line.length)) * characterWidth + 40)
const height = top + (shown.length - 1) * lineHeight + 24
const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const span = (colour, text, more = '') => `<tspan fill="${colours[colour]}"${more}>${escapeXml(text)}</tspan>`

/** One line in its colours; the widths of words are fixed, so that columns stay columns in any font. */
function paint(line) {
  if (line.startsWith('$ ')) return span('prompt', '$ ') + span('command', line.slice(2), ' font-weight="600"')
  if (/^[A-Z-]+ {2,}[A-Z]/.test(line)) return span('dim', line)
  return line
    .split(/(\bHealthy\b|\bSynced\b|nginx:1\.28)/)
    .map((part) =>
      part.startsWith('nginx') ? span('changed', part) : span(/^(Healthy|Synced)$/.test(part) ? 'good' : 'text', part),
    )
    .join('')
}

const lines = shown.flatMap((line, index) =>
  line === ''
    ? []
    : `<text x="20" y="${top + index * lineHeight}" textLength="${Math.round(line.length * characterWidth)}" xml:space="preserve">${paint(line)}</text>`,
)
const font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
mkdirSync('docs/images', { recursive: true })
writeFileSync(
  'docs/images/fleet.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-size="14" role="img" aria-label="A fleet in a terminal">
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="#0d1117" stroke="#30363d"/>
<circle cx="22" cy="20" r="6" fill="#ff5f56"/><circle cx="42" cy="20" r="6" fill="#ffbd2e"/><circle cx="62" cy="20" r="6" fill="#27c93f"/>
${lines.join('\n')}
</svg>
`,
)
console.log(shown.join('\n'))
