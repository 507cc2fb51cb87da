using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>The kinds of damage that reading gets over.</summary>
public enum DamageKind
{
    /// <summary>The data ends inside an element: what was lost is in the note.</summary>
    Truncated,

    /// <summary>An element's VR is none of the standard's.</summary>
    BadVr,

    /// <summary>A length that runs past what holds it.</summary>
    BadLength,

    /// <summary>The data set is not in the transfer syntax that the meta information names, or none is named.</summary>
    WrongTransferSyntax,

    /// <summary>A delimiter is missing, or is where none belongs.</summary>
    BadDelimiter,

    /// <summary>Tags are not ascending, or twice.</summary>
    BadOrder,

    /// <summary>The file meta information is damaged.</summary>
    BadMeta,

    /// <summary>Bytes after the last element that are no element.</summary>
    TrailingBytes,
}

/// <summary>One piece of damage.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Tag">The element it was found at.</param>
/// <param name="Offset">Where, in bytes from the start of the file (of the inflated data set, where deflated).</param>
/// <param name="Lost">Bytes missing or skipped.</param>
public readonly record struct DamageNote(DamageKind Kind, DicomTag Tag, long Offset, long Lost)
{
    public override string ToString() => $"{Kind} at ({Tag}), offset {Offset}{(Lost > 0 ? $", {Lost} bytes lost" : "")}";
}
