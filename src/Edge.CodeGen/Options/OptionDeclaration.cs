using Edge.Core.Configuration;

namespace Edge.CodeGen.Options;

/// <summary>One option as it is declared in C#.</summary>
/// <param name="Accessor">How to reach it from the root: <c>Http.HttpPort</c>.</param>
/// <param name="Type">Its C# type.</param>
/// <param name="Reader">The reader of a map, else empty.</param>
/// <param name="Descriptor">Everything else.</param>
public sealed record OptionDeclaration(string Accessor, string Type, string Reader, OptionDescriptor Descriptor);
