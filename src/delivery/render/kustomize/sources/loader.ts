import { Stalled } from '../../../../base/errors.js'
import type { RemoteSources } from '../../contract.js'
import type { Tree } from '../../tree.js'
import { BuildBudget } from '../build-budget.js'
import { buildError } from '../build-error.js'
import { isWebAddress, parseRepositoryUrl } from './repository-url.js'

export type LoadRestrictions = 'root-only' | 'none'

/**
 * Reads files for one kustomization directory. Files must be in or below that directory (kustomize's RootOnly, unless told
 * otherwise); bases may be anywhere in the tree, but not at or above a directory that is being read already.
 */
export class Loader {
  readonly tree: Tree
  /** Path of the directory in the tree, '' for its root. */
  readonly root: string
  readonly budget: BuildBudget
  /** How many kustomizations are above. */
  readonly depth: number
  readonly #restrictions: LoadRestrictions
  readonly #remote: RemoteSources | undefined
  readonly #onRemote: () => void
  readonly #referrer: Loader | undefined
  /** The URL a remote tree came from. */
  readonly #url: string | undefined

  constructor(options: {
    tree: Tree
    root: string
    restrictions: LoadRestrictions
    remote?: RemoteSources | undefined
    /** Called when something is read from another server. */
    onRemote?: () => void
    referrer?: Loader
    url?: string
    budget?: BuildBudget
  }) {
    this.budget = options.referrer?.budget ?? options.budget ?? new BuildBudget({})
    this.tree = options.tree
    this.root = options.root
    this.depth = (options.referrer?.depth ?? -1) + 1
    this.#restrictions = options.restrictions
    this.#remote = options.remote
    this.#onRemote = options.onRemote ?? (() => {})
    this.#referrer = options.referrer
    this.#url = options.url
  }

  /** The name of a file for messages: its path in the tree, after the URL of a remote one. */
  name(path: string): string {
    const full = joinPath(this.root, path) ?? path
    return this.#url === undefined ? full : `${this.#url} ${full}`
  }

  /** The file's bytes, undefined when there is none. A path outside the root is an error. */
  async find(path: string): Promise<{ bytes: Uint8Array; path: string } | undefined> {
    if (isWebAddress(path)) return { bytes: await this.#loadRemote(path), path }
    const full = path.startsWith('/') ? undefined : joinPath(this.root, path)
    if (full === undefined || (this.#restrictions === 'root-only' && !isBelow(full, this.root))) {
      throw buildError(
        `security; file '${path}' is not in or below '${this.root || '.'}'`,
        'Move the file below the kustomization that uses it, or make a base of it.',
      )
    }
    if (this.#restrictions === 'root-only') {
      const real = await this.tree.realPath?.(full)
      if (real !== undefined && !isBelow(real, this.root)) {
        throw buildError(
          `security; file '${path}' is a link to '${real}', which is not in or below '${this.root || '.'}'`,
          'Put the file itself in place of the link, or make a base of the directory it is in.',
        )
      }
    }
    const bytes = await this.tree.read(full)
    return bytes === undefined ? undefined : { bytes, path: full }
  }

  async load(path: string): Promise<Uint8Array> {
    const found = await this.find(path)
    if (found === undefined) throw buildError(`${this.name(path)}: no such file`)
    this.budget.spend(found.bytes.length, this.name(path))
    return found.bytes
  }

  async loadText(path: string): Promise<string> {
    return decodeText(await this.load(path))
  }

  async isDirectory(path: string): Promise<boolean> {
    const full = path.startsWith('/') ? undefined : joinPath(this.root, path)
    return full !== undefined && (await this.tree.list(full)) !== undefined
  }

  /** True for a file anywhere in the tree, also where it must not be loaded from. */
  async isFile(path: string): Promise<boolean> {
    const full = path.startsWith('/') ? undefined : joinPath(this.root, path)
    return full !== undefined && (await this.tree.read(full)) !== undefined
  }

  isRemote(path: string): boolean {
    return isRemote(path)
  }

  /** The loader of a base or component. */
  async enter(path: string): Promise<Loader> {
    if (path === '') throw buildError(`${this.name('')}: the path of a base cannot be empty`)
    if (isRemote(path)) return this.#enterRemote(path)
    if (/^(git|file):\/\//.test(path)) throw buildError(`${this.name('')}: base '${path}': unsupported scheme`)
    if (path.split('/').some((part) => part !== '..' && part.includes('..'))) {
      throw buildError(
        `path "${path}" is ambiguous: resolves to "${joinPath('', path) ?? path}" after normalization, which is likely not the intended target`,
        'Check the indentation of the list in the kustomization file.',
      )
    }
    const wanted = path.startsWith('/') ? undefined : joinPath(this.root, path)
    if (wanted === undefined) throw buildError(`${this.name('')}: base '${path}' is outside the source`)
    if ((await this.tree.list(wanted)) === undefined) throw buildError(`${this.name(path)}: no such file or directory`)
    const root = (await this.tree.realPath?.(wanted)) ?? wanted
    this.#refuseCycle(root, this.tree)
    return new Loader({
      tree: this.tree,
      root,
      restrictions: this.#restrictions,
      remote: this.#remote,
      onRemote: this.#onRemote,
      referrer: this,
      ...(this.#url === undefined ? {} : { url: this.#url }),
    })
  }

  async #enterRemote(url: string): Promise<Loader> {
    if (this.#remote === undefined) {
      throw new Stalled({
        code: 'kustomize-remote-base',
        message: `${this.name('')}: remote base ${url}: remote bases are switched off here`,
        fix: 'Copy the base into the repository, or use it as a source of its own.',
      })
    }
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.#referrer) {
      if (loader.#url?.startsWith(url) === true)
        throw buildError(`cycle detected: URI '${url}' referenced by previous URI '${loader.#url}'`)
    }
    const spec = parseRepositoryUrl(url)!
    // A repository of this machine is named by repositories of this machine only: a remote one must not read its disk.
    if (this.#url !== undefined && spec.repository.startsWith('file://'))
      throw buildError(`${this.name('')}: remote base ${url}: a repository on another server cannot name one on this machine`)
    this.#onRemote()
    const tree = await this.#remote.repository(spec)
    if ((await tree.list(spec.path)) === undefined) throw buildError(`'${spec.path}' is not a directory of ${spec.repository}`)
    return new Loader({
      tree,
      root: (await tree.realPath?.(spec.path)) ?? spec.path,
      restrictions: 'root-only',
      remote: this.#remote,
      onRemote: this.#onRemote,
      referrer: this,
      url,
    })
  }

  /** Runs what reads from another server on behalf of this build. */
  async fetched<T>(fetch: () => Promise<T>): Promise<T> {
    this.#onRemote()
    return fetch()
  }

  async #loadRemote(url: string): Promise<Uint8Array> {
    if (this.#remote === undefined) {
      throw new Stalled({
        code: 'kustomize-remote-file',
        message: `${this.name('')}: ${url} is a file on another server: these are switched off here`,
        fix: 'Copy the file into the repository.',
      })
    }
    this.#onRemote()
    return this.#remote.file(url)
  }

  #refuseCycle(root: string, tree: Tree): void {
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.#referrer) {
      if (loader.tree === tree && isBelow(loader.root, root)) {
        throw buildError(`cycle detected: candidate root '${root || '.'}' contains visited root '${loader.root || '.'}'`)
      }
    }
  }
}

const decoder = new TextDecoder()

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The normal form of `path` seen from `directory`; undefined when it leads out of the tree. */
export function joinPath(directory: string, path: string): string | undefined {
  const parts = directory === '' ? [] : directory.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

function isBelow(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`)
}

/** True for what kustomize takes for the address of a repository. */
export function isRemote(path: string): boolean {
  return parseRepositoryUrl(path) !== undefined
}

/** True for an address that names one file of a web server, and no directory of a repository. */
export function isRemoteFile(path: string): boolean {
  return isWebAddress(path) && (/\.(ya?ml|json)$/i.test(path.split('?')[0]!) || parseRepositoryUrl(path) === undefined)
}
