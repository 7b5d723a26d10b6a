import { closest } from '../../../../base/closest.js'
import { defineCheck } from '../../contract.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { View } from '../../model/view.js'

export const applicationPathMissing = defineCheck({
  id: 'application-path-missing',
  topic: 'gitops',
  severity: 'warning',
  title: 'An Application deploys a directory that is not there, or not of the kind that it says',
  why: 'Argo CD renders the directory that `path` names. Where it is misspelled the Application stays Unknown (`app path does not exist`), and with options for kustomize a directory without a kustomization file does not render at all (`kustomization.yaml … not found`).',
  evidence: ['argo-cd: util/app/path', 'argo-cd: util/kustomize/kustomize.go', 'argo-cd: reposerver/repository'],
  fix: 'Write the directory as the repository has it, or take the options for kustomize out.',
  *run(model) {
    const sources = [...sourcesOf(model)]
    if (sources.length === 0) return
    const { folders, kustomized, charts } = foldersOf(model)
    const roots = rootsOf(sources, folders)
    for (const { subject, source, path, repository } of sources) {
      const known = roots.get(repository)
      if (known === undefined) continue
      const folder = `${known}${path}`
      if (!folders.has(folder)) {
        const slash = folder.lastIndexOf('/') + 1
        const beside = [...folders].filter(
          (each) => each.startsWith(folder.slice(0, slash)) && !each.slice(slash).includes('/') && each.length > slash,
        )
        const near = closest(
          folder.slice(slash),
          beside.map((each) => each.slice(slash)),
        )
        // A directory may hold what is not read here: only what looks like another one is reported.
        if (near !== undefined)
          yield {
            message: `${subject}: there is no ${path}: did you mean ${folder.slice(known.length, slash)}${near}?`,
            at: [source.at('path')],
          }
      } else if (source.has('kustomize') && !kustomized.has(folder) && !charts.has(folder))
        yield {
          message: `${subject} has options for kustomize, but ${path} has no kustomization file`,
          at: [source.atKey('kustomize')],
        }
    }
  },
})

interface Source {
  readonly subject: string
  readonly source: View
  readonly path: string
  readonly repository: string
}

/** Every source with a directory, of Applications and of templates of ApplicationSets, if nothing in it is filled in later. */
function* sourcesOf(model: FleetModel): Iterable<Source> {
  for (const [kind, ...prefix] of [['Application'], ['ApplicationSet', 'spec', 'template']] as const)
    for (const object of model.kinds('argoproj.io', kind)) {
      const spec = object.view(...prefix, 'spec')
      for (const source of [spec.view('source'), ...spec.items('sources')]) {
        const repository = source.text('repoURL')
        const path = withoutLastSlashes(source.text('path'))?.replace(/^(\.?\/)+/, '')
        if (repository === undefined || path === undefined || path === '' || path === '.' || /[{}$*]|\.\./.test(path)) continue
        yield { subject: object.subject, source, path, repository: withoutLastSlashes(repository).replace(/\.git$/, '') }
      }
    }
}

function withoutLastSlashes<T extends string | undefined>(text: T): T {
  let end = text?.length ?? 0
  while (end > 0 && text?.[end - 1] === '/') end--
  return text?.slice(0, end) as T
}

function foldersOf(model: FleetModel) {
  const folders = new Set<string>()
  const kustomized = new Set<string>()
  const charts = new Set<string>()
  for (const { source, role, written } of model.documents) {
    if (written === undefined) continue
    let folder = parentOf(source)
    if (role === 'kustomization') kustomized.add(folder)
    if (role === 'chart') charts.add(folder)
    for (; folder !== '' && !folders.has(folder); folder = parentOf(folder)) folders.add(folder)
  }
  return { folders, kustomized, charts }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

/** Where each repository lies among the inputs: as most of its sources that are there say. With a `/` at its end, or empty. */
function rootsOf(sources: readonly Source[], folders: ReadonlySet<string>): ReadonlyMap<string, string> {
  const byEnd = new Map<string, string[]>()
  for (const folder of folders) {
    const end = folder.slice(folder.lastIndexOf('/') + 1)
    byEnd.set(end, [...(byEnd.get(end) ?? []), folder])
  }
  const votes = new Map<string, Map<string, number>>()
  for (const { path, repository } of sources) {
    const found = (byEnd.get(path.slice(path.lastIndexOf('/') + 1)) ?? []).filter(
      (folder) => folder === path || folder.endsWith(`/${path}`),
    )
    const counts = votes.get(repository) ?? new Map<string, number>()
    votes.set(repository, counts)
    for (const folder of found) {
      const root = folder.slice(0, folder.length - path.length)
      counts.set(root, (counts.get(root) ?? 0) + 1)
    }
  }
  const roots = new Map<string, string>()
  for (const [repository, counts] of votes) {
    const [best, second] = [...counts].sort(([, a], [, b]) => b - a)
    if (best !== undefined && best[1] > (second?.[1] ?? 0)) roots.set(repository, best[0])
  }
  return roots
}
