import { resolve } from 'node:path'
import { type Chart, copyChart, type Dependency, setDependencies } from '../../delivery/render/helm/chart/chart.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import { locateChart } from '../../delivery/source/helm/locate-chart.js'
import { isCompatibleRange } from '../../formats/semver/constraints.js'
import { type ChartSourcePorts, openChart, openPacked } from './render-chart-source.js'

/**
 * The chart with everything that it depends on, fetched where something is missing in charts/ (`--dependency-update`). Unlike
 * helm, which writes charts/ and Chart.lock, this changes nothing on disk.
 */
export async function updateDependencies(chart: Chart, directory: string | undefined, ports: ChartSourcePorts): Promise<Chart> {
  const wanted = chart.metadata.dependencies ?? []
  const present = new Set(chart.dependencies.map((each) => each.metadata.name))
  if (wanted.every((each) => present.has(each.name))) return chart
  if (directory === undefined) throw new HelmError('only unpacked charts can be updated')
  const fetched: Chart[] = []
  for (const dependency of wanted) {
    const own = chart.dependencies.find((each) => each.metadata.name === dependency.name)
    if (dependency.repository === '') {
      if (own === undefined)
        throw new HelmError(
          `unable to load chart '${resolve(directory, 'charts', dependency.name)}': Chart.yaml file is missing`,
          { fix: `Give the dependency ${dependency.name} a repository, or put the chart into charts/.` },
        )
      continue
    }
    ports.load.warn(`Downloading ${dependency.name} from repo ${dependency.repository}`)
    fetched.push(await fetchOne(dependency, directory, ports))
  }
  const names = new Set(fetched.map((each) => each.metadata.name))
  const whole = copyChart(chart)
  setDependencies(whole, [...whole.dependencies.filter((each) => !names.has(each.metadata.name)), ...fetched])
  return whole
}

async function fetchOne(dependency: Dependency, directory: string, ports: ChartSourcePorts): Promise<Chart> {
  const { name, version, repository } = dependency
  const local = /^file:\/\/(.*)$/.exec(repository)?.[1]
  if (local !== undefined) {
    const { chart } = await openChart(resolve(directory, local), { ...ports, place: {} })
    if (!isCompatibleRange(version, chart.metadata.version))
      throw new HelmError(
        `can't get a valid version for dependency ${name}: ${chart.metadata.version} of ${repository} does not satisfy ${version}`,
      )
    return chart
  }
  const { username, password, repo: _repo, version: _version, devel: _devel, ...transport } = ports.place
  const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
  const alias = /^(?:@|alias:)(.+)$/.exec(repository)?.[1]
  const bytes = await (alias !== undefined
    ? locateChart(`${alias}/${name}`, { version }, ports.locate)
    : repository.startsWith('oci://')
      ? locateChart(`${repository.replace(/\/+$/, '')}/${name}`, { ...transport, ...login, version }, ports.locate)
      : locateChart(name, { ...transport, ...(await namedLogin(repository, ports)), version, repo: repository }, ports.locate))
  return openPacked(bytes, name, ports)
}

/** The credentials of the helm repository with the same address, which is how Helm finds them for dependencies. */
async function namedLogin(repository: string, ports: ChartSourcePorts): Promise<{ username?: string; password?: string }> {
  const plain = (url: string) => url.replace(/\/+$/, '')
  const found = (await ports.locate.repositories()).find((each) => plain(each.url) === plain(repository))
  return found === undefined || found.username === '' ? {} : { username: found.username, password: found.password }
}
