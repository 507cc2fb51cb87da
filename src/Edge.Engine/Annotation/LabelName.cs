using Edge.Core.Errors;

namespace Edge.Engine.Annotation;

/// <summary>The rule for labels: 1 to 64 characters among letters, digits, underscore and hyphen.</summary>
public static class LabelName
{
    private const int Longest = 64;

    /// <summary>The label, if it is one.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange.</exception>
    public static string Require(string label)
    {
        bool valid = label.Length is > 0 and <= Longest;
        foreach (char c in label)
        {
            valid &= char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
        }

        return valid ? label : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"A label has 1 to {Longest} characters among A-Z, a-z, 0-9, \"_\" and \"-\"");
    }
}
