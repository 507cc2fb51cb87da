using Edge.Dicom.Tags;

namespace Edge.Engine.Runtime;

/// <summary>The transfer syntaxes that storage accepts (<c>AcceptedTransferSyntaxes</c>): patterns with <c>*</c> and <c>?</c>, resolved against the registry.</summary>
public sealed class AcceptedTransferSyntaxes
{
    private readonly HashSet<string> _accepted;

    /// <param name="patterns">UIDs or patterns; a pattern that matches nothing accepts nothing.</param>
    public AcceptedTransferSyntaxes(IEnumerable<string> patterns)
    {
        string[] list = [.. patterns];
        Uids = [.. TransferSyntax.All.Where(syntax => list.Any(pattern => Matches(pattern, syntax.Uid))).Select(syntax => syntax.Uid)];
        _accepted = new HashSet<string>(Uids, StringComparer.Ordinal);
    }

    /// <summary>The UIDs accepted, in the registry's order.</summary>
    public IReadOnlyList<string> Uids { get; }

    public bool Contains(string uid) => _accepted.Contains(uid);

    /// <summary>Whether <paramref name="text"/> matches <paramref name="pattern"/>, in which <c>*</c> stands for any characters and <c>?</c> for one.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
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
}
