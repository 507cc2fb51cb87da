using System.Runtime.CompilerServices;

namespace Edge.Rest.Hosting;

/// <summary>
/// Finds the route of a path: a trie over path segments, built once from the tables of all areas. A match of a path
/// without percent-encoding allocates nothing. Literal segments win over parameters, parameters over the rest of the path.
/// </summary>
public sealed class RouteMatcher
{
    private const int MaximumSegments = 24;
    private readonly Node _root = new("");

    /// <summary>Builds the trie.</summary>
    /// <exception cref="ArgumentException">A path is malformed, or two routes answer the same method and path.</exception>
    public RouteMatcher(params IEnumerable<Route[]> tables)
    {
        List<Route> all = [];
        foreach (Route[] table in tables)
        {
            foreach (Route route in table)
            {
                Insert(route);
                all.Add(route);
            }
        }

        Routes = all;
        _root.Seal();
    }

    /// <summary>Every route served, in the order of the tables.</summary>
    public IReadOnlyList<Route> Routes { get; }

    /// <summary>Finds what answers the path of <paramref name="target"/>.</summary>
    /// <param name="target">The request target, in origin form.</param>
    /// <param name="pathLength">How many characters of it are the path (up to the query).</param>
    /// <param name="verb"><see cref="Verb.Any"/> for a verb that only routes of <see cref="Route.AnyMethod"/> answer.</param>
    internal void Match(string target, int pathLength, Verb verb, ref RouteMatch match)
    {
        match = default;
        Segments segments = default;
        string text = target;
        int count;
        if (target.AsSpan(0, pathLength).Contains('%'))
        {
            count = PathText.SplitDecoded(target.AsSpan(0, pathLength), segments, out text);
        }
        else
        {
            count = PathText.Split(target.AsSpan(0, pathLength), segments);
        }

        match.Text = text;
        if (count < 0)
        {
            match.Kind = MatchKind.Malformed;
            return;
        }

        Walk(_root, segments, count, 0, verb, ref match);
    }

    /// <summary>Tries the node and, where it leads nowhere, its alternatives. The depth is that of the trie, not of the path.</summary>
    private static bool Walk(Node node, ReadOnlySpan<RouteMatch.TextRange> segments, int count, int at, Verb verb, ref RouteMatch match)
    {
        if (at == count)
        {
            return Accept(node, verb, ref match);
        }

        ReadOnlySpan<char> segment = match.Text.AsSpan(segments[at].Start, segments[at].Length);
        Node? literal = node.FindLiteral(segment);
        if (literal is not null && Walk(literal, segments, count, at + 1, verb, ref match))
        {
            return true;
        }

        int parameters = match.ParameterCount;
        if (node.Parameter is { } parameter)
        {
            match.Parameters[match.ParameterCount++] = segments[at];
            if (Walk(parameter, segments, count, at + 1, verb, ref match))
            {
                return true;
            }

            match.ParameterCount = parameters;
        }

        if (node.Rest is { } rest)
        {
            int start = segments[at].Start;
            RouteMatch.TextRange last = segments[count - 1];
            match.Parameters[match.ParameterCount++] = new RouteMatch.TextRange(start, last.Start + last.Length - start);
            if (Accept(rest, verb, ref match))
            {
                return true;
            }

            match.ParameterCount = parameters;
        }

        return false;
    }

    private static bool Accept(Node node, Verb verb, ref RouteMatch match)
    {
        Endpoint? endpoint = (verb == Verb.Any ? null : node.Endpoints[(int)verb]) ?? node.Endpoints[(int)Verb.Any];
        if (endpoint is not null)
        {
            match.Kind = MatchKind.Found;
            match.Endpoint = endpoint;
            return true;
        }

        if (verb == Verb.Any)
        {
            return false;
        }

        if (verb == Verb.Get && node.ListsChildren)
        {
            if (match.Kind == MatchKind.Unknown)
            {
                match.Kind = MatchKind.Directory;
                match.Node = node;
            }

            return false;
        }

        if (node.Verbs != 0 || node.ListsChildren)
        {
            match.AllowedVerbs |= (byte)(node.Verbs | (node.ListsChildren ? 1 << (int)Verb.Get : 0));
            match.Kind = match.Kind == MatchKind.Directory ? MatchKind.Directory : MatchKind.OtherMethod;
        }

        return false;
    }

    private void Insert(Route route)
    {
        if (!route.Path.StartsWith('/') || (route.Path.Length > 1 && route.Path.EndsWith('/')))
        {
            throw new ArgumentException($"the route {route.Path} must begin with a slash and not end with one");
        }

        List<string> names = [];
        Node node = _root;
        string[] parts = route.Path == "/" ? [] : route.Path[1..].Split('/');
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i];
            if (part.Length == 0)
            {
                throw new ArgumentException($"the route {route.Path} has an empty segment");
            }

            if (part[0] != '{')
            {
                node = node.AddLiteral(part);
                continue;
            }

            if (part[^1] != '}' || names.Count == RouteMatch.MaximumParameters)
            {
                throw new ArgumentException($"the parameter {part} of the route {route.Path} is malformed");
            }

            names.Add(part[1..^1]);
            node = part == "{path}" && i == parts.Length - 1 ? node.Rest ??= new Node("") : node.Parameter ??= new Node("");
        }

        Verb verb = route.Method switch
        {
            "GET" => Verb.Get,
            "POST" => Verb.Post,
            "PUT" => Verb.Put,
            "DELETE" => Verb.Delete,
            Route.AnyMethod => Verb.Any,
            _ => throw new ArgumentException($"the method {route.Method} of the route {route.Path} is not served"),
        };
        if (node.Endpoints[(int)verb] is { } other)
        {
            throw new ArgumentException($"the routes {route.Method} {other.Route.Path} and {route.Path} answer the same requests");
        }

        node.Endpoints[(int)verb] = new Endpoint(route, [.. names]);
    }

    [InlineArray(MaximumSegments)]
    private struct Segments
    {
        private RouteMatch.TextRange _first;
    }

    /// <summary>A route with its parameters' names.</summary>
    internal sealed record Endpoint(Route Route, string[] Names);

    /// <summary>One segment of the trie.</summary>
    internal sealed class Node(string name)
    {
        private Dictionary<string, Node>.AlternateLookup<ReadOnlySpan<char>> _byName;
        private Dictionary<string, Node>? _literals;

        public string Name { get; } = name;

        public Node? Parameter { get; set; }

        public Node? Rest { get; set; }

        public Endpoint?[] Endpoints { get; } = new Endpoint?[5];

        /// <summary>A bit per verb answered here.</summary>
        public byte Verbs { get; private set; }

        /// <summary>Whether GET lists the children: there are literal ones and no route answers GET.</summary>
        public bool ListsChildren { get; private set; }

        /// <summary>The names of the literal children, sorted.</summary>
        public string[] Children { get; private set; } = [];

        public Node? FindLiteral(ReadOnlySpan<char> segment) => _literals is not null && _byName.TryGetValue(segment, out Node? found) ? found : null;

        public Node AddLiteral(string segment)
        {
            _literals ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!_literals.TryGetValue(segment, out Node? node))
            {
                _literals.Add(segment, node = new Node(segment));
            }

            return node;
        }

        /// <summary>Fixes the derived values once all routes are in; the depth is that of the longest route.</summary>
        public void Seal()
        {
            for (int i = 0; i < 4; i++)
            {
                Verbs |= (byte)(Endpoints[i] is null ? 0 : 1 << i);
            }

            if (_literals is not null)
            {
                _byName = _literals.GetAlternateLookup<ReadOnlySpan<char>>();
                Children = [.. _literals.Keys];
                Array.Sort(Children, StringComparer.Ordinal);
                foreach (Node child in _literals.Values)
                {
                    child.Seal();
                }
            }

            ListsChildren = Children.Length > 0 && Endpoints[(int)Verb.Get] is null && Endpoints[(int)Verb.Any] is null;
            Parameter?.Seal();
            Rest?.Seal();
        }
    }
}
