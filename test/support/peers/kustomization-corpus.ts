import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Public repositories with kustomizations: about a thousand of them in all. */
export const repositories = [
  'GoogleCloudPlatform/microservices-demo',
  'argoproj/argo-cd',
  'argoproj/argo-rollouts',
  'argoproj/argo-workflows',
  'argoproj/argocd-example-apps',
  'crossplane/crossplane',
  'fluxcd/flux2',
  'fluxcd/flux2-kustomize-helm-example',
  'fluxcd/kustomize-controller',
  'fluxcd/source-controller',
  'grafana/loki',
  'knative/operator',
  'kubeflow/manifests',
  'kubernetes/ingress-nginx',
  'kubernetes-csi/external-snapshotter',
  'kubernetes-sigs/aws-ebs-csi-driver',
  'kubernetes-sigs/aws-load-balancer-controller',
  'kubernetes-sigs/cluster-api',
  'kubernetes-sigs/cluster-api-provider-aws',
  'kubernetes-sigs/external-dns',
  'kubernetes-sigs/jobset',
  'kubernetes-sigs/kueue',
  'kubernetes-sigs/kustomize',
  'kubernetes-sigs/lws',
  'kubernetes-sigs/metrics-server',
  'kubernetes-sigs/node-feature-discovery',
  'open-policy-agent/gatekeeper',
  'prometheus-operator/prometheus-operator',
  'ray-project/kuberay',
  'rook/rook',
  'tektoncd/operator',
] as const

/**
 * The folder with the repositories: FLOTILLA_KUSTOMIZATIONS, or a cache into which those that are missing are fetched with git.
 * A reason where there are none, and none can be fetched.
 */
export function findCorpus(): { folder: string } | { reason: string } {
  const given = process.env['FLOTILLA_KUSTOMIZATIONS']
  if (given !== undefined) return existsSync(given) ? { folder: given } : { reason: 'FLOTILLA_KUSTOMIZATIONS names no folder' }
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'flotilla-kustomizations')
  const pathOf = (name: string) => join(folder, name.replace('/', '+'))
  const missing = repositories.filter((name) => !existsSync(pathOf(name)))
  if (missing.length === 0) return { folder }
  if (process.env['FLOTILLA_FETCH_MINUTES'] === '0') return { reason: 'FLOTILLA_FETCH_MINUTES is 0' }
  const endsAt = Date.now() + Number(process.env['FLOTILLA_FETCH_MINUTES'] ?? 10) * 60_000
  const problem = git(['ls-remote', '--exit-code', addressOf(missing[0]!), 'HEAD'], 20_000)
  if (problem !== undefined) {
    if (missing.length <= repositories.length / 2) return { folder }
    return { reason: `${missing.length} public repositories are not in ${folder}, and cannot be fetched: ${problem}` }
  }
  mkdirSync(folder, { recursive: true })
  for (const name of missing) {
    if (Date.now() > endsAt) break
    const next = `${pathOf(name)}.next`
    rmSync(next, { recursive: true, force: true })
    if (git(['clone', '--quiet', '--depth=1', '--no-tags', addressOf(name), next], 180_000) === undefined)
      renameSync(next, pathOf(name))
    else rmSync(next, { recursive: true, force: true })
  }
  const have = repositories.filter((name) => existsSync(pathOf(name)))
  return have.length > 0 ? { folder } : { reason: 'no public repository could be fetched' }
}

function addressOf(name: string): string {
  return `https://github.com/${name}.git`
}

/** What went wrong, in git's words. */
function git(args: readonly string[], timeout: number): string | undefined {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0' }
  const done = spawnSync('git', [...args], { encoding: 'utf8', timeout, env })
  if (done.status === 0) return undefined
  return done.error?.message ?? (done.stderr.trim().split('\n').pop() || `git ended with ${done.status}`)
}
