using Edge.Core.Errors;
using Edge.Dicom.Text;

namespace Edge.Engine.Modification;

/// <summary>Character sets that requests name.</summary>
internal static class CharacterSets
{
    /// <summary>The set that the value of (0008,0005) names.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange for a term that the standard does not define (PS3.3 C.12.1.1.2).</exception>
    public static SpecificCharacterSet Require(string value)
    {
        if (!SpecificCharacterSet.IsDefined(value))
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown specific character set: \"{(value.Length <= 64 ? value : value[..64] + "...")}\"");
        }

        return SpecificCharacterSet.FromValue(value, OrthancEncoding.Ascii);
    }
}
