using Edge.Core.Errors;
using Edge.Store.Index;

namespace Edge.Engine.Annotation;

/// <summary>What the answers of the index to changes of metadata, attachments and labels mean to clients.</summary>
public static class Edits
{
    /// <summary>The revision of a change that was made.</summary>
    /// <exception cref="EdgeException">UnknownResource (404), Revision (409), FullStorage (507).</exception>
    public static long Require(EditOutcome outcome) => outcome.Status switch
    {
        EditStatus.Done => outcome.Revision,
        EditStatus.RevisionConflict => throw new EdgeException(ErrorCode.Revision),
        EditStatus.StorageFull => throw new EdgeException(ErrorCode.FullStorage, "The storage area has reached its limit and no patient can be recycled"),
        _ => throw new EdgeException(ErrorCode.UnknownResource),
    };
}
