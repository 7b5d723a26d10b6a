import type { GitGenerator } from '../../kinds/application-set.js'
import { defaultRecheckSeconds, type GeneratorKind } from './contract.js'
import { generateFromDirectories } from './git-directories.js'
import { generateFromFiles } from './git-files.js'

/** Directories or files of a repository at a revision; `directories` wins when both are given. */
export const gitGenerator: GeneratorKind = {
  name: 'git',
  combines: false,
  async generate(spec, context) {
    const git = spec as unknown as GitGenerator
    if (typeof git.repoURL !== 'string' || git.repoURL === '')
      throw new Error('git.repoURL: expected the URL of a repository, found nothing')
    const hasDirectories = (git.directories ?? []).length > 0
    if (!hasDirectories && (git.files ?? []).length === 0) {
      throw new Error('git: expected directories or files, found neither')
    }
    const revision = git.revision === undefined || git.revision === '' ? 'HEAD' : git.revision
    const commit = await context.repositories.resolve(git.repoURL, revision)
    const tree = await context.repositories.tree(git.repoURL, commit)
    return hasDirectories ? generateFromDirectories(git, tree, context) : generateFromFiles(git, tree, context)
  },
  recheckSeconds: (spec) => {
    const seconds = spec['requeueAfterSeconds']
    return typeof seconds === 'number' ? seconds : defaultRecheckSeconds
  },
}
