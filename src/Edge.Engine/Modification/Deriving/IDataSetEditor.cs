using Edge.Dicom;

namespace Edge.Engine.Modification.Deriving;

/// <summary>How a job makes a new instance of a stored one.</summary>
public interface IDataSetEditor
{
    /// <summary>Changes the data set.</summary>
    /// <exception cref="Core.Errors.EdgeException">What was asked for cannot be done with it.</exception>
    void Apply(DataSet dataSet);

    /// <summary>The identifiers that <see cref="Apply"/> gives to an instance that has these.</summary>
    OrthancIdentifiers TargetOf(OrthancIdentifiers source);
}
