using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Edge.Unit.Tests")]
