import { type GoFunction, goFunction } from '../functions.js'

export function pathFunctions(): [string, GoFunction][] {
  const functions: Record<string, GoFunction> = {
    base: goFunction(['string'], baseName),
    dir: goFunction(['string'], directoryName),
    clean: goFunction(['string'], cleanPath),
    ext: goFunction(['string'], extension),
    isAbs: goFunction(['string'], (path) => path.startsWith('/')),
  }
  const onDisk = Object.entries(functions).map(([name, fn]): [string, GoFunction] => [
    `os${name[0]!.toUpperCase()}${name.slice(1)}`,
    fn,
  ])
  return [...Object.entries(functions), ...onDisk]
}

/** Go's path.Base: the last element; `.` for nothing, `/` for the root. */
export function baseName(path: string): string {
  if (path === '') return '.'
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end--
  const trimmed = path.slice(0, end)
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** Go's path.Dir: everything but the last element, cleaned. */
export function directoryName(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1))
}

/** Go's path.Clean: the shortest path of the same meaning. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const element of path.split('/')) {
    if (element === '' || element === '.') continue
    if (element !== '..') kept.push(element)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push('..')
  }
  const joined = kept.join('/')
  return rooted ? `/${joined}` : joined === '' ? '.' : joined
}

/** The part of the last element from its last dot on. */
export function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}
