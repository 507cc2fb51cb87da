using System.Globalization;

namespace Edge.Engine.Forwarding;

/// <summary>One pattern of a rule: a value, a value with <c>*</c> and <c>?</c>, or a range <c>a..b</c>, either end of which may be left out.</summary>
public sealed class ValuePattern
{
    private readonly string _text;
    private readonly string? _low;
    private readonly string? _high;
    private readonly bool _isRange;

    private ValuePattern(string text, string? low, string? high, bool isRange) => (_text, _low, _high, _isRange) = (text, low, high, isRange);

    /// <summary>Whether it stands for one value alone.</summary>
    public bool IsExact => !_isRange && _text.AsSpan().IndexOfAny('*', '?') < 0;

    public string Text => _text;

    /// <returns>Null, with what is wrong, for a range that nothing can lie in.</returns>
    public static ValuePattern? Parse(string text, out string problem)
    {
        problem = "";
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            return new ValuePattern(text, null, null, isRange: false);
        }

        string low = text[..dots].Trim();
        string high = text[(dots + 2)..].Trim();
        if (low.Length == 0 && high.Length == 0)
        {
            problem = "the range has neither end: expected a..b, a.. or ..b";
            return null;
        }

        if (low.Length > 0 && high.Length > 0 && Compare(low, high) > 0)
        {
            problem = $"nothing lies between {low} and {high}: the first is the greater";
            return null;
        }

        return new ValuePattern(text, low.Length > 0 ? low : null, high.Length > 0 ? high : null, isRange: true);
    }

    /// <summary>Whether the value, or one of its values (PS3.5 6.4: separated by a backslash), matches. Texts compare without regard to case, as Orthanc's find does.</summary>
    public bool Matches(ReadOnlySpan<char> values)
    {
        foreach (Range part in values.Split('\\'))
        {
            ReadOnlySpan<char> value = values[part].Trim(" \0");
            if (_isRange ? value.Length > 0 && IsBetween(value) : MatchesWildcard(value, _text))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of the patterns matches, or there is none.</summary>
    public static bool AnyMatches(ValuePattern[] patterns, string values)
    {
        foreach (ValuePattern pattern in patterns)
        {
            if (pattern.Matches(values))
            {
                return true;
            }
        }

        return patterns.Length == 0;
    }

    private bool IsBetween(ReadOnlySpan<char> value) => (_low is null || Compare(value, _low) >= 0) && (_high is null || Compare(value, _high) <= 0);

    /// <summary>Numbers by value; dates, times and other texts by their characters, an upper end covering what begins with it (<c>..202612</c> holds all of December).</summary>
    private static int Compare(ReadOnlySpan<char> value, ReadOnlySpan<char> end)
    {
        if (decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal a)
            && decimal.TryParse(end, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal b)
            && (value.Length == end.Length || end.Length < 6))
        {
            return a.CompareTo(b);
        }

        return value.StartsWith(end, StringComparison.OrdinalIgnoreCase) ? 0 : value.CompareTo(end, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Linear but for stars, and no recursion: the usual backtracking to the last star.</summary>
    private static bool MatchesWildcard(ReadOnlySpan<char> value, ReadOnlySpan<char> pattern)
    {
        int v = 0;
        int p = 0;
        int star = -1;
        int restart = 0;
        while (v < value.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                restart = v;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || char.ToUpperInvariant(pattern[p]) == char.ToUpperInvariant(value[v])))
            {
                p++;
                v++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                v = ++restart;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
