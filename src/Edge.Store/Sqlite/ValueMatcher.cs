using System.Buffers;
using System.Text;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>The precise comparison of one constraint with a UTF-8 text (facts: matching semantics).</summary>
internal sealed class ValueMatcher
{
    private readonly MatchKind _kind;
    private readonly bool _caseSensitive;
    private readonly byte[][] _values;

    public ValueMatcher(MatchKind kind, IReadOnlyList<string> values, bool caseSensitive)
    {
        _kind = kind;
        _caseSensitive = caseSensitive;
        _values = new byte[values.Count][];
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = Encoding.UTF8.GetBytes(caseSensitive ? values[i] : values[i].ToUpperInvariant());
        }
    }

    public bool Matches(ReadOnlySpan<byte> utf8)
    {
        if (_caseSensitive)
        {
            return Compare(utf8);
        }

        if (Ascii.IsValid(utf8))
        {
            byte[]? rented = utf8.Length > 512 ? ArrayPool<byte>.Shared.Rent(utf8.Length) : null;
            Span<byte> upper = rented ?? stackalloc byte[512];
            _ = Ascii.ToUpper(utf8, upper, out int written);
            bool matches = Compare(upper[..written]);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }

            return matches;
        }

        return Compare(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8).ToUpperInvariant()));
    }

    /// <summary><c>*</c> and <c>?</c> over the whole text; <c>?</c> stands for one character, however many bytes it has.</summary>
    public static bool Wildcard(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        int p = 0, t = 0, star = -1, resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                t = pattern[p] == '?' ? NextCharacter(text, t) : t + 1;
                p++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                resume = NextCharacter(text, resume);
                t = resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    private bool Compare(ReadOnlySpan<byte> text)
    {
        switch (_kind)
        {
            case MatchKind.Equal:
                return _values.Length > 0 && text.SequenceEqual(_values[0]);
            case MatchKind.List:
                foreach (byte[] value in _values)
                {
                    if (text.SequenceEqual(value))
                    {
                        return true;
                    }
                }

                return false;
            case MatchKind.Wildcard:
                return _values.Length > 0 && Wildcard(_values[0], text);
            default:
                return (_values.Length < 1 || _values[0].Length == 0 || text.SequenceCompareTo(_values[0]) >= 0)
                    && (_values.Length < 2 || _values[1].Length == 0 || text.SequenceCompareTo(_values[1]) <= 0);
        }
    }

    private static int NextCharacter(ReadOnlySpan<byte> text, int at)
    {
        at++;
        while (at < text.Length && (text[at] & 0xC0) == 0x80)
        {
            at++;
        }

        return at;
    }
}
