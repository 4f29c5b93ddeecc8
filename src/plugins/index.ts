export { isModuleName, loadPlugins } from './load.ts'
export { createPlugins, type Plugins } from './plugins.ts'
