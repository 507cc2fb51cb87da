using System.Text;

namespace Edge.Core.Configuration;

/// <summary>
/// Replaces <c>${NAME}</c> and <c>${NAME:-default}</c> in the raw text of a file, before it is parsed, as Orthanc does:
/// so a variable may hold a number or a whole object. Unset without default is empty.
/// </summary>
public static class VariableSubstitution
{
    /// <returns>The text with all variables replaced; what is replaced is not looked at again.</returns>
    public static string Replace(string text, IReadOnlyDictionary<string, string> environment)
    {
        int at = text.IndexOf("${", StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        StringBuilder result = new(text.Length);
        int copied = 0;
        while (at >= 0)
        {
            if (TryMatch(text, at, out int end, out string name, out string fallback))
            {
                result.Append(text, copied, at - copied);
                bool isSet = environment.TryGetValue(name, out string? value);
                result.Append(isSet ? value : fallback);
                copied = end;
            }
            else
            {
                end = at + 2;
            }

            at = text.IndexOf("${", end, StringComparison.Ordinal);
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }

    // NAME is [A-Za-z_][A-Za-z0-9_]*; a default ends at the first brace. Anything else, such as ${file:...}, stays.
    private static bool TryMatch(string text, int start, out int end, out string name, out string fallback)
    {
        (end, name, fallback) = (start, "", "");
        int at = start + 2;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
        {
            at++;
        }

        if (at == start + 2 || at >= text.Length || char.IsAsciiDigit(text[start + 2]))
        {
            return false;
        }

        name = text[(start + 2)..at];
        if (text[at] == '}')
        {
            end = at + 1;
            return true;
        }

        if (string.CompareOrdinal(text, at, ":-", 0, 2) != 0)
        {
            return false;
        }

        int brace = text.IndexOf('}', at);
        if (brace < 0)
        {
            return false;
        }

        fallback = text[(at + 2)..brace];
        end = brace + 1;
        return true;
    }
}
