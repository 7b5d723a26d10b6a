// Draws docs/images/fleet.svg: a terminal with what a running fleet really printed. Starts a fleet in a temporary directory,
// runs the commands below against it, and writes the picture. Needs kubectl on the PATH.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-picture-'))
const flotilla = (...args) => execFileSync(process.execPath, ['bin/flotilla.js', ...args], { encoding: 'utf8' })
const fleet = JSON.parse(flotilla('up', '--detach', '--data-dir', directory, '-o', 'json'))
const env = { ...process.env, KUBECONFIG: fleet.kubeconfig, HOME: directory }
const shown = []
function run(title, command, { keep = 40, wait } = {}) {
  const end = Date.now() + 20_000
  for (;;) {
    const result = spawnSync('sh', ['-c', command], { encoding: 'utf8', env })
    const text = result.stdout + result.stderr
    if (wait === undefined || wait(text) || Date.now() > end) {
      shown.push(`$ ${title}`, ...text.trimEnd().split('\n').slice(0, keep), '')
      return
    }
  }
}
try {
  const node = `${process.execPath} bin/flotilla.js`
  run('flotilla cluster list', `${node} cluster list --data-dir ${directory}`, {
    wait: (text) => (text.match(/Healthy/g) ?? []).length >= 4,
  })
  run('kubectl --context hub -n argocd get applications', 'kubectl --context hub -n argocd get applications', {
    wait: (text) => (text.match(/Synced +Healthy/g) ?? []).length >= 14 && !/OutOfSync|Progressing|Missing/.test(text),
  })
  run(
    'kubectl --context us-east -n guestbook get deployments,pods',
    'kubectl --context us-east -n guestbook get deployments,pods',
  )
  run(
    "git commit -qam 'guestbook: nginx 1.28' && git push -q",
    [
      `git clone -q -c include.path=${directory}/gitconfig ${fleet.git.url} ${directory}/work`,
      `cd ${directory}/work`,
      "sed -i 's/nginx:1.27/nginx:1.28/' apps/guestbook/base/deployment.yaml",
      "git -c user.name=You -c user.email=you@example.com commit -qam 'guestbook: nginx 1.28'",
      'git push -q',
    ].join(' && '),
  )
  run(
    'kubectl --context us-east -n guestbook get deployments -o wide',
    'kubectl --context us-east -n guestbook get deployments -o wide',
    {
      wait: (text) => text.includes('nginx:1.28'),
    },
  )
} finally {
  flotilla('down', '--purge', '--data-dir', directory)
  rmSync(directory, { recursive: true, force: true })
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const lineHeight = 18
const width = Math.max(...shown.map((line) => line.length)) * 8.43 + 40
const height = shown.length * lineHeight + 60
const lines = shown.map((line, index) => {
  const colour = line.startsWith('$ ') ? '#7ee787' : /^[A-Z-]+( {2,}[A-Z-]+)+/.test(line) ? '#8b949e' : '#e6edf3'
  return `<text x="20" y="${52 + index * lineHeight}" fill="${colour}" xml:space="preserve">${escapeXml(line)}</text>`
})
writeFileSync(
  'docs/images/fleet.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" viewBox="0 0 ${Math.ceil(width)} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
${lines.join('\n')}
</svg>
`,
)
console.log(shown.join('\n'))
