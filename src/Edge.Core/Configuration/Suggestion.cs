namespace Edge.Core.Configuration;

/// <summary>Finds what somebody may have meant by a name that is not known.</summary>
public static class Suggestion
{
    /// <summary>The known name that is nearest, or null if none is near (a third of the letters differ).</summary>
    public static string? For(string name, IEnumerable<string> known)
    {
        string? best = null;
        int least = Math.Clamp(name.Length / 3, 1, 4) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(name, candidate, least);
            if (distance < least)
            {
                (best, least) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>A sentence for a message, or nothing: <c>; did you mean "HttpPort"?</c></summary>
    public static string Sentence(string name, IEnumerable<string> known) => For(name, known) is { } near ? $"; did you mean \"{near}\"?" : "";

    /// <summary>The least number of insertions, deletions, replacements and swaps of neighbours between two names, without regard to case.</summary>
    /// <param name="limit">Distances from here on are all the same to the caller.</param>
    internal static int Distance(string a, string b, int limit = int.MaxValue)
    {
        if (Math.Abs(a.Length - b.Length) >= limit || a.Length > 128 || b.Length > 128)
        {
            return int.MaxValue;
        }

        int width = b.Length + 1;
        int[] rows = new int[3 * width];
        Span<int> before = rows.AsSpan(0, width), above = rows.AsSpan(width, width), row = rows.AsSpan(2 * width);
        for (int j = 0; j < width; j++)
        {
            above[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j < width; j++)
            {
                bool same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                int cost = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 2]) && char.ToLowerInvariant(a[i - 2]) == char.ToLowerInvariant(b[j - 1]))
                {
                    cost = Math.Min(cost, before[j - 2] + 1);
                }

                row[j] = cost;
            }

            Span<int> free = before;
            before = above;
            above = row;
            row = free;
        }

        return above[b.Length];
    }
}
