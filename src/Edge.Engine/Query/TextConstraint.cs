using Edge.Core.Errors;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>The condition that a query value stands for (PS3.4 C.2.2.2 as Orthanc takes it), shared by C-FIND and <c>/tools/find</c>.</summary>
public sealed record TextConstraint(MatchKind Kind, IReadOnlyList<string> Values, bool CaseSensitive)
{
    /// <summary>Reads a query value.</summary>
    /// <returns>Null for an empty value: universal matching.</returns>
    /// <exception cref="EdgeException">ParameterOutOfRange: a wildcard in a VR that knows none.</exception>
    public static TextConstraint? Parse(DicomTag tag, Vr vr, string value, bool caseSensitive)
    {
        if (value.Length == 0)
        {
            return null;
        }

        if (vr is Vr.DA or Vr.TM or Vr.DT && value.Contains('-'))
        {
            int dash = value.IndexOf('-');
            return new TextConstraint(MatchKind.Range, [value[..dash], value[(dash + 1)..]], caseSensitive);
        }

        if (value.Contains('\\'))
        {
            return new TextConstraint(MatchKind.List, value.Split('\\'), caseSensitive);
        }

        if (value.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            return IsWildcardVr(vr)
                ? new TextConstraint(MatchKind.Wildcard, [value], caseSensitive)
                : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Invalid wildcard constraint for a tag with VR {VrInfo.Name(vr)}: {tag}");
        }

        return new TextConstraint(MatchKind.Equal, [value], caseSensitive);
    }

    /// <summary>As metadata are searched: wildcards, ranges and lists by the text alone.</summary>
    public static TextConstraint? ParseMetadata(string value, bool caseSensitive) => value switch
    {
        "" => null,
        _ when value.Contains('\\') => new TextConstraint(MatchKind.List, value.Split('\\'), caseSensitive),
        _ when value.AsSpan().IndexOfAny('*', '?') >= 0 => new TextConstraint(MatchKind.Wildcard, [value], caseSensitive),
        _ => new TextConstraint(MatchKind.Equal, [value], caseSensitive),
    };

    /// <summary>Whether a value satisfies the condition.</summary>
    public bool Matches(string text)
    {
        string value = Normalize(text);
        switch (Kind)
        {
            case MatchKind.Equal:
                return value == Normalize(Values[0]);
            case MatchKind.List:
                foreach (string one in Values)
                {
                    if (value == Normalize(one))
                    {
                        return true;
                    }
                }

                return false;
            case MatchKind.Wildcard:
                return Runtime.AcceptedTransferSyntaxes.Matches(Normalize(Values[0]), value);
            default:
                string low = Normalize(Values[0]);
                string high = Normalize(Values[1]);
                return (low.Length == 0 || string.CompareOrdinal(low, value) <= 0) && (high.Length == 0 || string.CompareOrdinal(value, high) <= 0);
        }
    }

    private string Normalize(string text) => CaseSensitive ? text : text.ToUpperInvariant();

    private static bool IsWildcardVr(Vr vr) =>
        vr is Vr.AE or Vr.CS or Vr.LO or Vr.LT or Vr.PN or Vr.SH or Vr.ST or Vr.UC or Vr.UR or Vr.UT;
}
