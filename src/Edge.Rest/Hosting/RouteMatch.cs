using System.Runtime.CompilerServices;

namespace Edge.Rest.Hosting;

/// <summary>What a path turned out to be.</summary>
internal enum MatchKind
{
    /// <summary>No such URI: 404.</summary>
    Unknown,

    /// <summary>A route answers.</summary>
    Found,

    /// <summary>The URI exists for other methods: 405.</summary>
    OtherMethod,

    /// <summary>An intermediate URI asked with GET: the names of its children.</summary>
    Directory,

    /// <summary>The path itself is malformed: 400.</summary>
    Malformed,
}

/// <summary>The verbs that routes distinguish, in the order of the <c>Allow</c> header.</summary>
internal enum Verb
{
    Get,
    Post,
    Put,
    Delete,
    Any,
}

/// <summary>The result of matching, with the parameters as ranges of <see cref="Text"/>; holds no heap memory of its own.</summary>
internal struct RouteMatch
{
    public const int MaximumParameters = 8;

    public MatchKind Kind;

    public RouteMatcher.Endpoint? Endpoint;

    public RouteMatcher.Node? Node;

    /// <summary>The methods of the URI where the kind is <see cref="MatchKind.OtherMethod"/>.</summary>
    public byte AllowedVerbs;

    /// <summary>What the ranges refer to: the target as sent, or the decoded path where it held percent-encoding.</summary>
    public string? Text;

    public int ParameterCount;

    public Ranges Parameters;

    /// <summary>The decoded value of parameter <paramref name="index"/>.</summary>
    public readonly ReadOnlySpan<char> Parameter(int index) =>
        index < ParameterCount ? Text.AsSpan(Parameters[index].Start, Parameters[index].Length) : throw new ArgumentOutOfRangeException(nameof(index));

    public record struct TextRange(int Start, int Length);

    [InlineArray(MaximumParameters)]
    public struct Ranges
    {
        private TextRange _first;
    }
}
