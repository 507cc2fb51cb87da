using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Edge.Unit.Tests")]
[assembly: InternalsVisibleTo("Edge.Golden.Tests")]
