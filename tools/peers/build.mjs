// Builds the real programs that the real tier compares with, from pinned public Go modules, into a cache folder
// (never into the repository): `node tools/peers/build.mjs kube-apiserver etcd kubectl`. Prints one line a program:
// `NAME PATH`, or `NAME - REASON` when it cannot be had; exits 0 either way.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flotilla-peers')
const peers = {
  'kube-apiserver': { module: 'kubernetes', pinned: 'k8s.io/kubernetes', target: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  kubectl: { module: 'kubernetes', pinned: 'k8s.io/kubernetes', target: 'k8s.io/kubernetes/cmd/kubectl' },
  etcd: { module: 'etcd', pinned: 'go.etcd.io/etcd/server/v3', target: 'go.etcd.io/etcd/server/v3' },
}

/** The path of a peer program, built now if need be; or why there is none. */
export function ensurePeer(name) {
  const peer = peers[name]
  const source = join(here, peer.module)
  const version = readFileSync(join(source, 'go.mod'), 'utf8').match(new RegExp(`${peer.pinned} v(\\S+)`))[1]
  const path = join(cache, `${name}-${version}`)
  if (existsSync(path)) return { path, version }
  const go = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (go.status !== 0) return { reason: 'Go is not installed' }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'flotilla-peer-'))
  try {
    cpSync(source, work, { recursive: true })
    const [major, minor] = version.split('.')
    const flags = ['version.gitVersion=v' + version, 'version.gitMajor=' + major, 'version.gitMinor=' + minor].map(
      (each) => `-X k8s.io/component-base/${each}`,
    )
    const args = [
      'build',
      '-mod=mod',
      '-buildvcs=false',
      '-ldflags',
      `-s -w ${peer.module === 'kubernetes' ? flags.join(' ') : ''}`,
      '-o',
      join(work, name),
      peer.target,
    ]
    const built = spawnSync('go', args, { cwd: work, encoding: 'utf8', env: { ...process.env, GOFLAGS: '' } })
    if (built.status !== 0) return { reason: `go build failed: ${built.stderr.trim().split('\n').pop()}` }
    cpSync(join(work, name), `${path}.next`)
    renameSync(`${path}.next`, path)
    return { path, version }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    const { path, reason } = ensurePeer(name)
    console.log(path ? `${name} ${path}` : `${name} - ${reason}`)
  }
}
