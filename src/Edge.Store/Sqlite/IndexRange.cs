using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>
/// One stretch of the identifier index that holds every resource a tag constraint can match (and perhaps more), with a filter over the
/// normalised text. Its cost follows its length.
/// </summary>
internal sealed class IndexRange
{
    public const string Sql = "SELECT value,resource FROM identifiers WHERE key=?1 AND value>=?2 AND value<?3";

    /// <summary>Counting stops here: beyond it one constraint is as bad as another.</summary>
    private const long CountLimit = 4096;

    private readonly long _key;
    private readonly byte[] _from;
    private readonly byte[] _to;
    private readonly byte[]? _pattern;

    private IndexRange(long key, byte[] from, byte[] to, byte[]? pattern)
    {
        _key = key;
        _from = from;
        _to = to;
        _pattern = pattern;
    }

    /// <summary>The ranges of a constraint, null if its tag is not in the index.</summary>
    public static List<IndexRange>? For(TagConstraint constraint)
    {
        if (Identifiers.Key(constraint.Level, constraint.Tag) is not { } key)
        {
            return null;
        }

        List<IndexRange> ranges = [];
        switch (constraint.Kind)
        {
            case MatchKind.Equal or MatchKind.List:
                foreach (string value in constraint.Values)
                {
                    byte[] exact = Identifiers.Normalize(value);
                    ranges.Add(new IndexRange(key, exact, [.. exact, 0], null));
                }

                break;
            case MatchKind.Wildcard:
                ranges.Add(Wildcard(key, constraint));
                break;
            default:
                string low = constraint.Values.Count > 0 ? constraint.Values[0] : "";
                string high = constraint.Values.Count > 1 ? constraint.Values[1] : "";
                ranges.Add(new IndexRange(key, Identifiers.Normalize(low), high.Length == 0 ? [0xFF] : [.. Identifiers.Normalize(high), 0], null));
                break;
        }

        return ranges;
    }

    /// <summary>How many entries it holds, up to a limit.</summary>
    public long Estimate(Connection db)
    {
        using Statement count = db.Prepare($"SELECT count(*) FROM (SELECT 1 FROM identifiers WHERE key=?1 AND value>=?2 AND value<?3 LIMIT {CountLimit})");
        return Bind(count).Step() ? count.Integer(0) : 0;
    }

    /// <summary>Adds the resources whose normalised text passes. The text is looked at once per distinct value.</summary>
    public void Collect(Connection db, HashSet<long> seen, List<long> found)
    {
        using Statement read = db.Prepare(Sql);
        Bind(read);
        byte[] last = new byte[Identifiers.MaximumLength];
        int lastLength = -1;
        bool lastPassed = true;
        int rows = 0;
        while (read.Step())
        {
            if ((++rows & 0xFFF) == 0)
            {
                db.CheckTime();
            }

            if (_pattern is not null)
            {
                ReadOnlySpan<byte> value = read.Span(0);
                if (value.Length != lastLength || !value.SequenceEqual(last.AsSpan(0, lastLength)))
                {
                    // A text that was cut off may continue with anything.
                    lastPassed = value.Length >= Identifiers.MaximumLength || ValueMatcher.Wildcard(_pattern, value);
                    lastLength = Math.Min(value.Length, last.Length);
                    value[..lastLength].CopyTo(last);
                }
            }

            if (lastPassed && seen.Add(read.Integer(1)))
            {
                found.Add(read.Integer(1));
            }
        }
    }

    private static IndexRange Wildcard(long key, TagConstraint constraint)
    {
        string text = constraint.Values.Count > 0 ? constraint.Values[0] : "";
        int first = text.AsSpan().IndexOfAny('*', '?');
        byte[] prefix = Identifiers.Normalize(first < 0 ? text : text[..first]);
        byte[] pattern = Identifiers.Normalize(text);
        if (!Identifiers.IsOrthancIdentifier(constraint.Level, constraint.Tag))
        {
            // The copy has lost what is not ASCII, so that one '?' may stand for nothing in it.
            pattern.AsSpan().Replace((byte)'?', (byte)'*');
        }

        bool all = pattern.AsSpan().IndexOfAnyExcept((byte)'*') < 0;
        bool prefixAlone = pattern.Length > 0 && pattern[^1] == '*' && pattern.AsSpan(0, pattern.Length - 1).SequenceEqual(prefix);
        return new IndexRange(key, prefix, [.. prefix, 0xFF], all || prefixAlone ? null : pattern);
    }

    private Statement Bind(Statement statement) => statement.Bind(1, _key).BindBlob(2, _from).BindBlob(3, _to);
}
