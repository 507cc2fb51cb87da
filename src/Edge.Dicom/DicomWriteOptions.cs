namespace Edge.Dicom;

/// <summary>How lengths of sequences and items are written.</summary>
public enum SequenceLengths
{
    /// <summary>As each sequence and item says (<see cref="DataSet.IsUndefinedLength"/>): what was read comes out as it was.</summary>
    Keep,
    Defined,
    Undefined,
}

/// <summary>What becomes of group lengths (gggg,0000) of the data set.</summary>
public enum GroupLengths
{
    /// <summary>Those present are worked out again.</summary>
    Recalculate,
    Keep,
    Remove,
}

/// <summary>How to write.</summary>
public sealed record DicomWriteOptions
{
    public static readonly DicomWriteOptions Default = new();

    public SequenceLengths SequenceLengths { get; init; } = SequenceLengths.Keep;

    public GroupLengths GroupLengths { get; init; } = GroupLengths.Recalculate;
}
