// Why: the bundler's import of a worker's URL, for the compiler.
declare module '*?worker&url' {
  const url: string
  export default url
}
