export { isModuleName, loadPlugins } from './load.ts'
export { type PackageState, packageComplaint, requirePackage } from './packages.ts'
export { createPlugins, type Plugins } from './plugins.ts'
